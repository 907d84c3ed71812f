/** Tar archives, honest and not. */
import { gzipSync } from 'node:zlib'
import { Header, type HeaderData } from 'tar'

export interface Entry extends Pick<HeaderData, 'linkpath'> {
  readonly path: string
  readonly content?: string | Uint8Array
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'GlobalExtendedHeader'
  /** What the header claims, instead of the content's own. */
  readonly size?: number
}

export function tarOf(...entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocks), Buffer.alloc(1024)])
}

export function tarGzOf(...entries: readonly Entry[]): Buffer {
  return gzipSync(tarOf(...entries))
}

function blocks({ path, content = '', type = 'File', linkpath, size }: Entry): Buffer[] {
  const bytes = Buffer.from(content as Uint8Array)
  const header = new Header({
    path,
    type,
    mode: 0o644,
    size: size ?? bytes.length,
    ...(linkpath && { linkpath }),
  })
  const block = Buffer.alloc(512)
  header.encode(block, 0)
  return [block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
}

/** `one.txt` with "hello\n", as GNU tar and bzip2 make it. */
export const TAR_BZ2 = Buffer.from(
  'QlpoOTFBWSZTWb7W1EAAAHF7gMmQAARAAV2AACBiRZ5ABAggAFRCBpGCNNMjMgkqehGE0AAH3c5OQgjBCEX1iYUlagRYHLT6bd0Elq9DWsEo1IlBX/5J57VjJohpOgiIBsXckU4UJC+1tRAA',
  'base64',
)
