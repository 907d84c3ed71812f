import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hummingModel } from './onnx.ts'

export const RATE = 16_000
const CHARACTERS = ' abcdefghijklmnopqrstuvwxyz0123456789안녕하세요보이스포켓입니다'

export const MANIFEST = {
  family: 'vits',
  files: { model: 'model.onnx', tokens: 'tokens.txt' },
  languages: ['en', 'ko'],
  speakers: ['low', 'high'],
  sampleRate: RATE,
  licence: 'MIT',
} as const

/** The folder of a model that can really be loaded. */
export async function writeHummingModel(folder: string, manifest: object = MANIFEST): Promise<void> {
  await mkdir(folder, { recursive: true })
  const model = hummingModel({ sampleRate: RATE, samplesPerToken: RATE / 10, speakers: 2 })
  const tokens = [...new Set(CHARACTERS)].map((character, id) =>
    character === ' ' ? `${id}` : `${character} ${id}`,
  )
  await writeFile(join(folder, 'model.onnx'), model)
  await writeFile(join(folder, 'tokens.txt'), `${tokens.join('\n')}\n`)
  await writeFile(join(folder, 'voice-pocket.json'), JSON.stringify(manifest))
}
