export { type ResolvedRetryPolicy, type RetryPolicy, retry } from './backoff.ts'
// A way to the broker
export { Connection, type ConnectionOptions, type EnsureOptions } from './connection.ts'
// Receiving
export { Consumer, type ConsumerCallback, type ConsumerOptions } from './consumer.ts'
// Exchanges and queues
export { Exchange, type ExchangeOptions, Queue, type QueueBinding, type QueueOptions } from './entity.ts'
export * from './exceptions.ts'
export { type DeliveryInfo, Message } from './message.ts'
export { type ReadOptions, readPayload } from './payload.ts'
// Sending
export { Producer, type ProducerOptions, type PublishMessageOptions } from './producer.ts'
export { Decimal, PlainDate, PlainTime } from './python-values.ts'
// Formats
export { registry, type Serialized, type Serializer, SerializerRegistry } from './serialization.ts'
export type {
  Channel,
  Delivery,
  ExchangeType,
  MessageProperties,
  Payload,
  QueueStatus,
  Transport,
} from './transport/base.ts'
export { type ConnectionUrl, maskUrl, parseUrl } from './url.ts'
export { uuid } from './uuid.ts'
