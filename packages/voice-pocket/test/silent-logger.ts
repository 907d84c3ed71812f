import type { Logger } from '@voice-pocket/celery'

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
