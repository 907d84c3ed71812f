/** Writes ONNX files: only as much of the format as a model of a test needs. https://onnx.ai/onnx/repo-docs/IR.html */

type Value = number | bigint | string | Uint8Array

/** A message of Protocol Buffers: pairs of a field's number and its value; a message within is its bytes. */
function message(...fields: readonly (readonly [number, Value])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([field, value]) => {
      if (typeof value === 'number' || typeof value === 'bigint') return [varint(field << 3), varint(value)]
      const bytes = Buffer.from(value as Uint8Array)
      return [varint((field << 3) | 2), varint(bytes.length), bytes]
    }),
  )
}

function varint(value: number | bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Buffer.from([...bytes, Number(rest)])
}

const FLOAT = 1
const INT64 = 7

const tensor = (name: string, type: number, dims: readonly number[], raw: Buffer) =>
  message(...dims.map((dim) => [1, dim] as const), [2, type], [8, name], [9, raw])
const floats = (name: string, dims: readonly number[], ...values: readonly number[]) =>
  tensor(name, FLOAT, dims, Buffer.from(new Float32Array(values).buffer))
const integers = (name: string, dims: readonly number[], ...values: readonly number[]) =>
  tensor(name, INT64, dims, Buffer.from(new BigInt64Array(values.map(BigInt)).buffer))

function node(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: Record<string, number> = {},
) {
  const list = Object.entries(attributes).map(([name, i]) => message([1, name], [3, i], [20, 2]))
  return message(
    ...inputs.map((input) => [1, input] as const),
    [2, output],
    [4, type],
    ...list.map((attribute) => [5, attribute] as const),
  )
}

/** A dimension is a number, or has a name. */
function port(name: string, type: number, ...dims: readonly (number | string)[]): Buffer {
  const shape = dims.map(
    (dim) => [1, typeof dim === 'number' ? message([1, dim]) : message([2, dim])] as const,
  )
  return message([1, name], [2, message([1, message([1, type], [2, message(...shape)])])])
}

export interface HumOptions {
  readonly sampleRate: number
  readonly samplesPerToken: number
  readonly speakers: number
}

/** A VITS model as sherpa-onnx knows them, which hums as long as its tokens are many, each speaker at another pitch. */
export function hummingModel({ sampleRate, samplesPerToken, speakers }: HumOptions): Buffer {
  const nodes = [
    node('Cast', ['input_lengths'], 'count', { to: FLOAT }),
    node('Gather', ['scales', 'one'], 'slowness', { axis: 0 }),
    node('Mul', ['count', 'samples_per_token'], 'normal_length'),
    node('Mul', ['normal_length', 'slowness'], 'length'),
    node('Reshape', ['length', 'scalar'], 'end'),
    node('Range', ['zero', 'end', 'step'], 'time'),
    node('Cast', ['sid'], 'speaker', { to: FLOAT }),
    node('Mul', ['speaker', 'interval'], 'higher'),
    node('Add', ['higher', 'lowest'], 'pitch'),
    node('Mul', ['time', 'pitch'], 'phase'),
    node('Sin', ['phase'], 'wave'),
    node('Mul', ['wave', 'loudness'], 'sound'),
    node('Unsqueeze', ['sound', 'outer'], 'output'),
  ]
  const constants = [
    integers('one', [1], 1),
    floats('samples_per_token', [1], samplesPerToken),
    integers('scalar', [0]),
    floats('zero', [], 0),
    floats('step', [], 1),
    floats('interval', [1], 0.02),
    floats('lowest', [1], 0.08),
    floats('loudness', [1], 0.3),
    integers('outer', [2], 0, 1),
  ]
  const inputs = [
    port('input', INT64, 1, 'tokens'),
    port('input_lengths', INT64, 1),
    port('scales', FLOAT, 3),
    port('sid', INT64, 1),
  ]
  const graph = message(
    ...nodes.map((each) => [1, each] as const),
    [2, 'hum'],
    ...constants.map((each) => [5, each] as const),
    ...inputs.map((each) => [11, each] as const),
    [12, port('output', FLOAT, 1, 1, 'samples')],
  )
  const metadata = {
    sample_rate: sampleRate,
    n_speakers: speakers,
    language: 'English',
    comment: 'piper',
    frontend: 'characters',
    add_blank: 0,
    use_eos_bos: 0,
  }
  const entries = Object.entries(metadata).map(([key, value]) => message([1, key], [2, String(value)]))
  return message(
    [1, 8],
    [2, 'voice-pocket tests'],
    [7, graph],
    [8, message([1, ''], [2, 13])],
    ...entries.map((entry) => [14, entry] as const),
  )
}
