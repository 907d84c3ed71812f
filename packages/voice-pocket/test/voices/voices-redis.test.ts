import { test } from 'node:test'
import { serviceUrl } from '../service-url.ts'
import { testVoices } from './voice-conformance.ts'

const url = serviceUrl('REDIS_URL')

if (url === undefined)
  test('voices: records in redis', { skip: 'no REDIS_URL: npm test starts a Redis' }, () => {})
else testVoices('records in redis', url)
