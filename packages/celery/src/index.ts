// The app and its tasks
export { BaseTask } from './app/base-task.ts'
export { BoundTask, type RetryOptions } from './app/bound-task.ts'
export type { CallOptions } from './app/call.ts'
export { Celery } from './app/celery.ts'
export type { Context } from './app/context.ts'
export {
  type AddConsumerOptions,
  type BroadcastOptions,
  Control,
  type ControlOptions,
  type Destination,
  type RemoteOptions,
  type Replies,
  type RequestOptions,
  type RevokeOptions,
} from './app/control.ts'
export type { Settings } from './app/defaults.ts'
export { findApp } from './app/find-app.ts'
export { Inspect, type ScheduledTask, type TaskInfo } from './app/inspect.ts'
export type { Labels, Measure, Measures, Reading } from './app/measures.ts'
export type { Middleware, MiddlewareChain, Publication } from './app/middleware.ts'
export type { CommandArguments, CommandHandler, CommandOptions, Panel } from './app/panel.ts'
export type { LooseRoute, RouteTable } from './app/route-table.ts'
export type { Route, RouteFunction, RouterObject } from './app/routes.ts'
export type { LooseSettings } from './app/settings.ts'
export { Task } from './app/task.ts'
export type { TaskOptions } from './app/task-options.ts'
export { type Outcome, trace } from './app/trace.ts'
export { workerDirect } from './app/worker-direct.ts'
// Results
export type { Backend, ResultContext, TaskMeta } from './backends/base.ts'
export { createBackend, registerException } from './backends/index.ts'
// Beat
export { Crontab, type CrontabOptions, crontab } from './beat/crontab.ts'
export type { CronSpec } from './beat/crontab-field.ts'
export { embeddedBeat } from './beat/embedded.ts'
export { ScheduleEntry } from './beat/entry.ts'
export type { PeriodicTask, PeriodicTasks } from './beat/periodic-task.ts'
export type { PeriodicTaskOptions } from './beat/periodic-tasks.ts'
export { Interval, type Schedule, schedule } from './beat/schedule.ts'
export { Scheduler, type SchedulerOptions } from './beat/scheduler.ts'
export { type BeatOptions, BeatService } from './beat/service.ts'
// The worker, and how to add to it
export {
  Blueprint,
  type ChannelSource,
  ConsumerStep,
  StartStopStep,
  Step,
  type StepClass,
} from './bootsteps.ts'
// The canvas
export {
  type AnySignature,
  Chain,
  Chord,
  Chunks,
  chain,
  chord,
  Group,
  group,
  pipe,
  Signature,
  type SignatureJson,
  type SignatureOptions,
  type StampingVisitor,
  stamp,
  xmap,
  xstarmap,
} from './canvas/index.ts'
export { AsyncPool } from './concurrency/async.ts'
export type { Accepted, Job, Pool, PoolInfo } from './concurrency/base.ts'
export type { PoolOptions } from './concurrency/index.ts'
export { EagerResult } from './eager-result.ts'
// Monitoring
export { EventDispatcher } from './events/dispatcher.ts'
export type { Event, ReceivedEvent } from './events/event.ts'
export { EventReceiver } from './events/receiver.ts'
export { type CameraOptions, Polaroid } from './events/snapshot.ts'
export {
  State as ClusterState,
  type StateOptions,
  Task as TaskState,
  Worker as WorkerInfo,
} from './events/state.ts'
export * from './exceptions.ts'
export { GroupResult, ResultSet } from './group-result.ts'
export type { Logger } from './logger.ts'
export { type AnyResult, AsyncResult } from './result.ts'
export { Signal, type SignalledMessage, type SignalledTask, Signals } from './signals.ts'
export type { StandardSchema } from './standard-schema.ts'
export * from './states.ts'
export { type AutoscaleRange, Autoscaler, type AutoscalerParts } from './worker/autoscale.ts'
export type { Consumer as WorkerConsumer } from './worker/consumer/consumer.ts'
export {
  type MessageContext,
  type MessageDispatcher,
  type MessageHandler,
  MessageHandlers,
  type MessageLabels,
  type Prepared,
  type ReadType,
} from './worker/consumer-step/handlers.ts'
export { type JsonObject, readJsonObject } from './worker/consumer-step/json-body.ts'
export {
  type MessageStep,
  type MessageStepClass,
  type MessageStepParent,
  messageStep,
} from './worker/consumer-step/message-step.ts'
export type { MessageStepOptions } from './worker/consumer-step/options.ts'
export { WorkController, type WorkerOptions } from './worker/worker.ts'
