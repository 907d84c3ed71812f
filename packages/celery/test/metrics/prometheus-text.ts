import assert from 'node:assert/strict'

const LINE = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>-?[\d.e+-]+|\+Inf|Nan)$/
const LABEL = /^(?<name>[a-zA-Z_]\w*)="(?<value>(?:[^"\\\n]|\\.)*)"$/

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Metrics in Prometheus' text format; anything that is not of it fails the test. */
export class PrometheusText {
  readonly samples: readonly Sample[]
  readonly types = new Map<string, string>()

  constructor(text: string) {
    assert.ok(text.endsWith('\n'), 'the last line must end')
    const lines = text.split('\n').filter((line) => line !== '')
    for (const line of lines.filter((each) => each.startsWith('# TYPE '))) {
      const [, , name = '', type = ''] = line.split(' ')
      assert.ok(!this.types.has(name), `${name} has one type`)
      assert.match(type, /^(?:counter|gauge|histogram|summary)$/)
      this.types.set(name, type)
    }
    this.samples = lines.filter((line) => !line.startsWith('#')).map((line) => this.#sample(line))
  }

  /** The sum of all series that have these labels; undefined when there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const fitting = this.samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )
    return fitting.length === 0 ? undefined : fitting.reduce((sum, { value }) => sum + value, 0)
  }

  #sample(line: string): Sample {
    const {
      name = '',
      labels = '',
      value = '',
    } = LINE.exec(line)?.groups ?? assert.fail(`no sample: ${line}`)
    const family = name.replace(/_(?:bucket|sum|count)$/, '')
    const type = this.types.get(name) ?? this.types.get(family)
    assert.ok(type, `${name} has no type`)
    if (type === 'counter') assert.match(name, /_total$/)
    const pairs = labels === '' ? [] : labels.split(/,(?=[a-zA-Z_]\w*=")/)
    return {
      name,
      labels: Object.fromEntries(pairs.map(labelOf)),
      value: Number(value.replace('+Inf', 'Infinity')),
    }
  }
}

function labelOf(pair: string): readonly [string, string] {
  const { name = '', value = '' } = LABEL.exec(pair)?.groups ?? assert.fail(`no label: ${pair}`)
  return [name, value]
}

export async function scrape(address: string): Promise<PrometheusText> {
  const response = await fetch(address, { signal: AbortSignal.timeout(20_000) })
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  return new PrometheusText(await response.text())
}
