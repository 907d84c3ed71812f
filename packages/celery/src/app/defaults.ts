/**
 * Every setting there is: its default, its unit and what it means, in one table. The names are Celery's, in
 * camelCase; `settings.ts` also takes them in snake_case. A setting that is not here has no effect anywhere,
 * so it is refused instead of being ignored.
 */
import type { FailoverStrategy } from '@voice-pocket/kombu'
import { schedulerSetting, timezoneSetting } from '../beat/beat-settings.ts'
import { beatScheduleSetting } from '../beat/periodic-task.ts'
import { PUBLISH_POLICY } from './publish-policy.ts'
import { routesSetting } from './routes.ts'
import {
  boolean,
  choice,
  choiceOrFunction,
  choiceOrPath,
  duration,
  fields,
  integer,
  list,
  type Setting,
  type SettingValue,
  switchOrTable,
  table,
  text,
  textOrList,
  texts,
} from './setting.ts'

type FailoverFunction = Exclude<FailoverStrategy, string>

export const DEFAULTS = {
  // ---- broker
  brokerUrl: textOrList(
    'memory://',
    'Where messages travel. Several addresses are tried in turn when one is away.',
  ),
  brokerReadUrl: textOrList('', 'Where a worker takes its tasks from; empty means `brokerUrl`.'),
  brokerWriteUrl: textOrList('', 'Where tasks are sent to; empty means `brokerUrl`.'),
  brokerFailoverStrategy: choiceOrFunction<'round-robin' | 'shuffle', FailoverFunction>(
    'round-robin',
    ['round-robin', 'shuffle'],
    'Which of several addresses is tried next: in turn, at random, or as a function of the list yields them.',
  ),
  brokerUseSsl: switchOrTable(
    'TLS to the broker, whatever its address says: true, or `keyfile`, `certfile`, `ca_certs`, `cert_reqs` … (also ' +
      'with `ssl_` before them).',
  ),
  brokerLoginMethod: choice(
    'PLAIN',
    ['PLAIN', 'AMQPLAIN', 'EXTERNAL'],
    'How one says who one is (AMQP); EXTERNAL is by the certificate of `brokerUseSsl`.',
  ),
  brokerHeartbeat: duration(
    120,
    'How often broker and worker tell each other they live; 0 turns it off (AMQP).',
  ),
  brokerConnectionTimeout: duration(4, 'How long one attempt to connect may take.'),
  brokerConnectionRetry: boolean(true, 'Connect again when the connection is lost.'),
  brokerConnectionRetryOnStartup: boolean(true, 'Keep trying when the broker is away at start.'),
  brokerConnectionMaxRetries: integer(100, { min: 0 }, 'Attempts before giving up; 0 means never.'),
  brokerTransportOptions: table({}, 'Options of one transport only, such as `visibility_timeout`.'),

  // ---- results
  resultBackend: text('disabled://', 'Where results are kept. Without one, `get()` says so.'),
  redisBackendUseSsl: switchOrTable(
    'TLS to a result backend `redis://`, whatever its address says; options as in `brokerUseSsl`.',
  ),
  resultExpires: duration(86_400, 'How long a result is kept; 0 means for ever.'),
  resultExtended: boolean(false, 'Keep name, arguments, worker, retries and queue with each result.'),
  resultPersistent: boolean(false, 'Results sent as messages (rpc://) are written to disk by the broker.'),
  resultSerializer: text('json', 'Serializer of results.'),
  resultChordRetryInterval: duration(
    1,
    'How often celery.chord_unlock looks, for a backend that counts nothing.',
  ),
  resultChordJoinTimeout: duration(
    3,
    'How long the values of a chord may take to be read when all are there.',
  ),
  resultBackendTransportOptions: table({}, 'Options of one backend only, such as `global_keyprefix`.'),

  // ---- tasks: sending
  taskSerializer: text('json', 'Serializer of arguments.'),
  acceptContent: texts(['json'], 'Content types a worker takes. Pickle runs code: it is never taken.'),
  taskCompression: text('', 'How bodies are compressed, such as `gzip`; empty means not at all.'),
  taskDefaultQueue: text('celery', 'Queue of a task that has no route.'),
  taskDefaultExchange: text('', 'Exchange of queues made without one; empty means the name of the queue.'),
  taskDefaultExchangeType: choice('direct', ['direct', 'topic', 'fanout'], 'Type of that exchange.'),
  taskDefaultRoutingKey: text(
    '',
    'Routing key of queues made without one; empty means the name of the queue.',
  ),
  taskDefaultDeliveryMode: choice(
    'persistent',
    ['persistent', 'transient'],
    'Whether messages survive the broker.',
  ),
  taskDefaultPriority: integer(0, { min: 0, max: 255 }, 'Priority of a task that names none.'),
  taskInheritParentPriority: boolean(
    false,
    'What a task sends has the priority of that task, unless it or its route names another.',
  ),
  taskQueues: list<unknown>([], 'The queues a worker consumes from: names, or Queue objects.'),
  taskRoutes: routesSetting(
    'Where calls go: task names (or globs) to {queue, routingKey, priority …}, functions, objects, modules, or a list.',
  ),
  taskDefaultQueueType: choice(
    'classic',
    ['classic', 'quorum'],
    'Type of the default queue, and of those that `taskQueues` names, on RabbitMQ; quorum queues live on several ' +
      'of its nodes.',
  ),
  taskCreateMissingQueueType: choice(
    'classic',
    ['classic', 'quorum'],
    'Type of queues that only a call, a route or `-Q` names, on RabbitMQ.',
  ),
  taskCreateMissingQueueExchangeType: choice(
    'direct',
    ['direct', 'topic', 'fanout'],
    'Type of the exchange of such a queue, which has its name.',
  ),
  taskQueueMaxPriority: integer(
    0,
    { min: 0, max: 255 },
    'Highest priority of queues made by name, which RabbitMQ needs to have priorities; 0 means none.',
  ),
  brokerNativeDelayedDeliveryQueueType: choice(
    'quorum',
    ['classic', 'quorum'],
    'Type of the queues in which RabbitMQ holds tasks with an eta, where quorum queues are in use.',
  ),
  workerDetectQuorumQueues: boolean(
    true,
    'Have RabbitMQ hold tasks with an eta where quorum queues are in use.',
  ),
  taskCreateMissingQueues: boolean(true, 'Declare a queue that is named but not in `taskQueues`.'),
  taskPublishRetry: boolean(true, 'Send again when the connection is lost while sending.'),
  taskPublishRetryPolicy: fields(PUBLISH_POLICY, 'How often and how long apart (seconds).'),

  // ---- tasks: running
  taskAcksLate: boolean(false, 'Acknowledge after the task ran instead of before.'),
  taskAcksOnFailureOrTimeout: boolean(true, 'With late acknowledgement: a task that failed is acknowledged.'),
  taskRejectOnWorkerLost: boolean(false, 'With late acknowledgement: deliver again when the child died.'),
  taskIgnoreResult: boolean(false, 'Keep no results unless a task says otherwise.'),
  taskStoreErrorsEvenIfIgnored: boolean(false, 'Keep failures also where results are ignored.'),
  taskAlwaysEager: boolean(false, 'Run calls where they are made instead of sending them: for tests.'),
  taskStoreEagerResult: boolean(
    false,
    'Keep the results of calls that run where they are made in the result backend, too.',
  ),
  taskEagerPropagates: boolean(false, 'With `taskAlwaysEager`: a call throws what its task throws.'),
  taskAllowErrorCbOnChordHeader: boolean(
    false,
    'Link the errbacks of a chord to each task of its header, too.',
  ),
  taskTrackStarted: boolean(false, 'Store STARTED when a task begins.'),
  taskDefaultRateLimit: text('', 'Rate limit of tasks that name none, such as `100/m`; empty means none.'),
  taskDefaultMaxRetries: integer(3, { min: 0 }, 'Retries of a task that names no `maxRetries`.'),
  taskTimeLimit: duration(
    0,
    'How long a task may run before it fails, and its child or thread is ended. The pools `async` and `solo` cannot ' +
      'end it: it runs on, and what comes of it is not kept. 0 means without limit.',
  ),
  taskSoftTimeLimit: duration(
    0,
    'How long a task may run before `request.signal` aborts with SoftTimeLimitExceeded; 0 means without limit.',
  ),
  taskDefaultRetryDelay: duration(180, 'Wait before a retry that names no `countdown`.'),

  // ---- worker
  workerConcurrency: integer(0, { min: 0 }, 'How many tasks run at once; 0 means one per processor.'),
  workerPool: choiceOrPath(
    'prefork',
    ['prefork', 'threads', 'async', 'solo'],
    'Where tasks run: child processes, threads, this process itself, or a pool of your own by the path of its module.',
  ),
  workerAutoscaler: text(
    '',
    'Path of a module that exports an `Autoscaler` of your own, for `--autoscale`; empty means ours.',
  ),
  workerStateDb: text(
    '',
    'Path of the file in which a worker remembers over a restart what was revoked; empty means it forgets. ' +
      '%n, %h and %d are filled in as in the name of the worker.',
  ),
  workerSoftShutdownTimeout: duration(
    0,
    'How long a cold shutdown lets tasks go on before it ends them; 0 means not at all.',
  ),
  workerEnableSoftShutdownOnIdle: boolean(
    false,
    'Wait the soft shutdown out also when no task runs, so that held tasks are not given back in a hurry.',
  ),
  workerCancelLongRunningTasksOnConnectionLoss: boolean(
    false,
    'End late-acknowledged tasks when the connection is lost: their messages come again. Without it they go on, and ' +
      'their message, when it comes again to this worker, is theirs.',
  ),
  workerEnablePrefetchCountReduction: boolean(
    true,
    'After the connection was lost take in advance only what the free slots can do, until what runs has ended.',
  ),
  workerDisablePrefetch: boolean(
    false,
    'Take a message only when a slot is free to run it. RabbitMQ cannot do that: there it means one in advance per slot.',
  ),
  workerDirect: boolean(
    false,
    'Give each worker a queue of its own, `<node name>.dq2` on the exchange `C.dq2`; see `workerDirect()`.',
  ),
  workerDeduplicateSuccessfulTasks: boolean(
    false,
    'A message that is delivered again is not run again if its task has succeeded; of tasks with `acksLate`, and where ' +
      'results are kept.',
  ),
  workerPrefetchMultiplier: integer(
    4,
    { min: 0 },
    'Messages taken in advance per slot; 0 means without limit.',
  ),
  workerEtaTaskLimit: integer(
    10_000,
    { min: 0 },
    'How many tasks with an eta a worker holds before it takes no more of them; 0 means any number.',
  ),
  workerDisableRateLimits: boolean(false, 'Begin tasks as fast as they come, whatever their rate limit.'),
  workerDeadLetterQueue: text('celery.dead', 'Where messages go that no task can be found for.'),
  workerMaxDeliveries: integer(
    3,
    { min: 1 },
    'How often a message may cost this worker a child before the task fails for good. RabbitMQ’s quorum queues count ' +
      'also how often it came back from other workers, for whatever reason.',
  ),
  workerMaxTasksPerChild: integer(
    0,
    { min: 0 },
    'Tasks after which a child or thread is replaced; 0 means never.',
  ),
  workerMaxMemoryPerChild: integer(
    0,
    { min: 0 },
    'KiB of memory (resident; of a thread: its heap and buffers) with which a child or thread is replaced once its ' +
      'task has ended; 0 means any number.',
  ),
  workerEnableRemoteControl: boolean(true, 'Answer `celery inspect` and `celery control`.'),
  workerPoolRestarts: boolean(false, 'Let remote control replace the children of the pool (`pool_restart`).'),
  workerCancelWait: duration(1, 'How long a task may take to stop by itself before its child is ended.'),
  imports: texts([], 'Modules a worker imports at start.'),
  include: texts([], 'Modules a worker imports at start, after `imports`.'),

  // ---- beat
  timezone: timezoneSetting('Where the calendar of a crontab is, by its IANA name.'),
  beatSchedule: beatScheduleSetting(
    'What is sent again and again: names to {task, schedule, args, kwargs, options, relative}.',
  ),
  beatScheduleFilename: text(
    '',
    'SQLite file of the schedule. Empty: in Redis or RabbitMQ, where one of them is there, so that one of several ' +
      'beats leads; else `celerybeat-schedule`.',
  ),
  beatScheduler: schedulerSetting(
    'What decides what is sent: a class that extends Scheduler, or the module of one; empty: the built-in one.',
  ),
  beatMaxLoopInterval: duration(
    300,
    'How long beat sleeps at most before it looks at its configuration again.',
  ),
  beatCronStartingDeadline: duration(
    0,
    'A crontab’s run that was missed for longer is not made up for; 0 means it always is, once.',
  ),
  beatLease: duration(
    10,
    'After how long a beat that is silent no longer leads, where the schedule is in Redis.',
  ),
  workerMetricsPort: integer(
    0,
    { min: 0, max: 65_535 },
    'Port at which a worker answers `GET /metrics` for Prometheus; 0 means it does not.',
  ),
  workerMetricsHost: text('127.0.0.1', 'Address it listens on for that; 0.0.0.0 means every network.'),

  // ---- events
  workerSendTaskEvents: boolean(
    false,
    'Send events of tasks from the start, as `-E` does; without it, from when a monitor asks for them.',
  ),
  taskSendSentEvent: boolean(false, 'Send `task-sent` for each task that is called, for monitors.'),
  eventExchange: text('celeryev', 'Exchange that events go through.'),
  eventQueuePrefix: text('celeryev', 'Start of the names of the queues that monitors hear events in.'),
  eventQueueExpires: duration(60, 'When the queue of a monitor that is gone goes away.'),
  eventQueueTtl: duration(5, 'How long an event waits for a monitor.'),
  eventSerializer: text('json', 'Serializer of events.'),

  // ---- remote control
  controlExchange: text('celery', 'Prefix of the exchanges that remote control uses.'),
  controlQueueTtl: duration(300, 'How long a control message waits for its worker.'),
  controlQueueExpires: duration(10, 'When an unused control queue goes away.'),
} satisfies Record<string, Setting<unknown>>

/** All settings, resolved: nothing is optional and nothing changes. */
export type Settings = { readonly [Name in keyof typeof DEFAULTS]: SettingValue<(typeof DEFAULTS)[Name]> }
