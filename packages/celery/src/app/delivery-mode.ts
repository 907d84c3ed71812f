/** Whether a message survives the broker: by Kombu's names, or by the numbers that AMQP has for them. */
import { RuleBroken, type Setting } from './setting.ts'

const NUMBERS = { transient: 1, persistent: 2 } as const

export type DeliveryMode = keyof typeof NUMBERS | (typeof NUMBERS)[keyof typeof NUMBERS]

export function isDeliveryMode(value: unknown): value is DeliveryMode {
  return value === 1 || value === 2 || value === 'transient' || value === 'persistent'
}

export function deliveryModeNumber(mode: DeliveryMode): 1 | 2 {
  return typeof mode === 'number' ? mode : NUMBERS[mode]
}

/** As a field of a route. */
export function deliveryMode(help: string): Setting<DeliveryMode> {
  return {
    default: 'persistent',
    unit: undefined,
    help,
    parse: (value) => {
      if (isDeliveryMode(value)) return value
      throw new RuleBroken("must be 'persistent' or 'transient'")
    },
  }
}
