import { after, before } from 'node:test'
import { describeOverBrokers } from './border.ts'
import { flowerChanges } from './flower/changed.ts'
import { pagesShow } from './flower/pages.ts'
import { flowerShows } from './flower/shown.ts'
import { Watched } from './flower/watched.ts'

describeOverBrokers('Flower', 120_000, (broker) => {
  let watched: Watched
  const at = () => watched
  before(async () => {
    watched = await Watched.open(broker)
  })
  after(() => watched?.close())

  flowerShows(at)
  pagesShow(at)
  flowerChanges(at, broker)
})
