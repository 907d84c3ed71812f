import { Command } from 'commander'
import { Blueprint } from '../bootsteps.ts'
import type { Celery } from '../index.ts'
import { silentLogger } from '../logger.ts'
import { consumerSteps } from '../worker/consumer/steps.ts'
import { type Attributes, type Graph, toDot } from './dot.ts'
import { usageError } from './failure.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { seconds } from './option-values.ts'
import { noReply } from './remote-command.ts'
import { print } from './replies.ts'

interface Options extends GlobalOptions {
  readonly json?: boolean
  readonly timeout?: number
}

const STEP: Attributes = { shape: 'box', fillcolor: 'palegreen3' }
const BROKER: Attributes = { shape: 'circle', fillcolor: 'cadetblue3' }
const BACKEND: Attributes = { shape: 'folder', fillcolor: 'peachpuff3' }

/** `celery graph`: pictures for Graphviz, such as `celery -A ./app.ts graph bootsteps | dot -Tpng -o steps.png`. */
export function graphCommand(): Command {
  const bootsteps = new Command('bootsteps')
    .description('Draw what a worker starts, and what needs what.')
    .argument('[parts...]', 'worker, consumer (default: both)')
    .action((parts: readonly string[], _options: unknown, command: Command) =>
      drawSteps(parts, command.optsWithGlobals()),
    )
  const workers = new Command('workers')
    .description('Draw who works for the broker and the result backend now.')
    .option('-t, --timeout <seconds>', 'how long to wait for replies (default: 1)', seconds)
    .action((_options: unknown, command: Command) => drawWorkers(command.optsWithGlobals()))
  const graph = new Command('graph').description('Draw graphs, in the language of Graphviz.')
  for (const each of [bootsteps, workers]) graph.addCommand(each.option('-j, --json', 'write JSON'))
  return graph
}

async function drawSteps(parts: readonly string[], options: Options): Promise<void> {
  const wrong = parts.find((part) => part !== 'worker' && part !== 'consumer')
  if (wrong !== undefined) throw usageError(`'${wrong}' has no bootsteps. Choose worker, consumer, or both.`)
  await using app = (await openApp(options)).app
  const chosen = parts.length > 0 ? parts : ['worker', 'consumer']
  const graphs = await Promise.all(chosen.map((part) => stepsOf(app, part)))
  const steps = graphs.flatMap((graph) => [...graph])
  const edges = steps.flatMap(([name, requires]) => requires.map((required) => [name, required] as const))
  draw({ nodes: steps.map(([name]) => [name, STEP]), edges }, options)
}

async function stepsOf(app: Celery, part: string): Promise<ReadonlyMap<string, readonly string[]>> {
  if (part === 'worker') return (await app.worker()).graph
  return new Blueprint('Consumer', consumerSteps(app.steps.consumer), silentLogger).graph
}

async function drawWorkers(options: Options): Promise<void> {
  await using app = (await openApp(options)).app
  const { timeout = 1 } = options
  const stats = await app.control.inspect({ timeout }).stats()
  if (stats === undefined) throw noReply({ timeout })
  const broker = app.connection.asUri()
  const backend = app.conf.resultBackend.split('://', 1)[0] ?? ''
  const stores: Graph['nodes'] = [[broker, BROKER], ...(backend === '' ? [] : [[backend, BACKEND] as const])]
  const workers = Object.entries(stats).map(([name, said]) => [name, slotsOf(said)] as const)
  const nodes = workers.map(([name, slots]) => [name, { ...STEP, label: `${name} (${slots})` }] as const)
  const edges = workers.flatMap(([name]) => stores.map(([store]) => [name, store] as const))
  draw({ nodes: [...stores, ...nodes], edges }, options)
}

/** How many tasks a worker runs at once, if it says so. */
function slotsOf(said: unknown): number | string {
  const { pool } = said as { readonly pool?: { readonly 'max-concurrency'?: number } }
  return pool?.['max-concurrency'] ?? '?'
}

function draw(graph: Graph, { json = false }: Options): void {
  const { nodes, edges } = graph
  print(json ? JSON.stringify({ nodes: nodes.map(([name]) => name), edges }) : toDot(graph))
}
