import { SqliteIndexStore } from '../../src/speech-index/sqlite.ts'
import { openSpeechIndex } from '../../src/speech-index.ts'
import { silentLogger } from '../silent-logger.ts'
import { testSpeechIndex } from '../speech-index-conformance.ts'
import { temporaryFolder } from '../temporary-folder.ts'

testSpeechIndex('sqlite', async (t) => {
  const url = `sqlite:///${await temporaryFolder(t)}/index.sqlite`
  return {
    async open({ expires = 0 } = {}) {
      const index = await openSpeechIndex(url, { expires, logger: silentLogger })
      t.after(() => index.close())
      return index
    },
    async claimAndDie(uuid, milliseconds) {
      const store = new SqliteIndexStore(url, { expires: 0 })
      await store.claim(uuid, 'a process that is no more', milliseconds)
      await store.close()
    },
  }
})
