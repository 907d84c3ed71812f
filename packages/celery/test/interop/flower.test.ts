import { after, before, describe } from 'node:test'
import { type BrokerName, skipWithout } from './border.ts'
import { flowerChanges } from './flower/changed.ts'
import { pagesShow } from './flower/pages.ts'
import { flowerShows } from './flower/shown.ts'
import { Watched } from './flower/watched.ts'

for (const broker of ['RabbitMQ', 'Redis'] as const satisfies readonly BrokerName[]) {
  describe(`Flower, over ${broker},`, { skip: skipWithout(broker), timeout: 120_000 }, () => {
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
}
