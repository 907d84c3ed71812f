import { testVoices } from './voice-conformance.ts'

testVoices('records in sqlite')
