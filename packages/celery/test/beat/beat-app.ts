/** The app of tests that run `celery beat` in processes; its name and its settings are in the environment. */
import { Celery } from '../../src/index.ts'

const { BEAT_NAME = 'beats', BEAT_SETTINGS = '{}' } = process.env

export const app = new Celery(BEAT_NAME, JSON.parse(BEAT_SETTINGS))
app.task('noted', (value: unknown) => value)
/** Left open, as by a client of a program: beat must end nevertheless. */
setInterval(() => {}, 60_000)
