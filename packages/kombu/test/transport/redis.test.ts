import { after } from 'node:test'
import { transportConformance } from '../conformance.ts'
import { service } from '../support.ts'
import { TcpProxy } from '../tcp-proxy.ts'

const { url, skip } = service('REDIS_URL')
const proxy = skip ? undefined : await TcpProxy.listen(url)
after(() => proxy?.[Symbol.asyncDispose]())

transportConformance({
  name: 'redis',
  url: proxy?.url() ?? url,
  skip,
  unreachableUrl: 'redis://127.0.0.1:1',
  // A test opens the connection that it cuts last.
  cut: async () => proxy?.cutNewest(),
})
