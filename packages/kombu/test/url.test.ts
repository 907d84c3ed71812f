import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidValueError } from '../src/exceptions.ts'
import { maskUrl, parseUrl } from '../src/url.ts'

const EXAMPLES = [
  ['amqp://', { scheme: 'amqp', host: undefined, port: undefined, user: undefined, virtualHost: undefined }],
  ['amqp://localhost', { host: 'localhost', virtualHost: undefined, path: '' }],
  ['amqp://localhost/', { virtualHost: undefined, path: '/' }],
  ['amqp://localhost//', { virtualHost: '/' }],
  ['amqp://localhost/%2F', { virtualHost: '/' }],
  ['amqp://localhost/my%20host', { virtualHost: 'my host' }],
  [
    'AMQPS://guest:guest@broker.example:5671/vh',
    { scheme: 'amqps', user: 'guest', password: 'guest', port: 5671 },
  ],
  ['amqp://me:p%40ss%2Fw%3Ard@host', { user: 'me', password: 'p@ss/w:rd', host: 'host' }],
  ['amqp://me@host', { user: 'me', password: undefined }],
  ['amqp://:only@host', { user: '', password: 'only' }],
  ['amqp://[::1]:5672/x', { host: '::1', port: 5672, virtualHost: 'x' }],
  ['amqp://host?heartbeat=10&name=a%20b', { query: { heartbeat: '10', name: 'a b' } }],
  ['sqlite:///relative.sqlite', { scheme: 'sqlite', host: undefined, path: '/relative.sqlite' }],
  [
    'sqlite:////absolute/path.sqlite',
    { path: '//absolute/path.sqlite', virtualHost: '/absolute/path.sqlite' },
  ],
  ['memory://시험', { host: '시험' }],
] as const

for (const [href, expected] of EXAMPLES) {
  test(`${href} is understood`, () => {
    const url = parseUrl(href)
    assert.deepEqual({ ...url, ...expected }, url)
    assert.equal(url.href, href)
  })
}

for (const [href, rule] of [
  ['localhost', /"localhost" is not a broker URL: expected scheme:/],
  ['', /"" is not a broker URL/],
  ['amqp:/localhost', /is not a broker URL/],
  ['amqp://host:port', /the host in .* is not host or host:port/],
  ['amqp://host:70000', /port 70000 .* is not between 1 and 65535/],
  ['amqp://::1', /write an IPv6 address in \[brackets\]/],
  ['amqp://me:100%@host', /write a literal % as %25/],
] as const) {
  test(`${JSON.stringify(href)} is refused with the reason`, () => {
    assert.throws(
      () => parseUrl(href),
      (error) => {
        assert.ok(error instanceof InvalidValueError)
        assert.match(error.message, rule)
        return true
      },
    )
  })
}

test('a password is masked wherever an address is shown', () => {
  assert.equal(maskUrl('amqp://me:secret@host/vh'), 'amqp://me:**@host/vh')
  assert.equal(maskUrl('amqp://me:se@cret@host'), 'amqp://me:**@host')
  assert.equal(maskUrl('redis://:secret@host'), 'redis://:**@host')
  assert.equal(maskUrl('amqp://host?password=secret&x=1'), 'amqp://host?password=**&x=1')
  assert.equal(maskUrl('amqp://me@host:5672'), 'amqp://me@host:5672')
  assert.equal(maskUrl('amqp://host:5672/v@h'), 'amqp://host:5672/v@h')
  assert.equal(maskUrl('amqp://me:se/cr?e#t@host/vh'), 'amqp://me:**@host/vh')
  assert.throws(
    () => parseUrl('amqp://me:secret@host:port'),
    (error) => !String(error).includes('secret'),
  )
  assert.throws(
    () => parseUrl('amqp://me:se%cret@host'),
    (error) => !String(error).includes('cret@'),
  )
})
