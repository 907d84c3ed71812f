/** The description of the API, for programs at `/openapi.json` and for people at `/docs`. Nothing comes from elsewhere. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { OpenAPIHono } from '@hono/zod-openapi'

const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
}

const PAGE = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Voice Pocket API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', validatorUrl: null })\n`

/** Swagger UI sets styles inline and draws its icons from data URLs. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' blob:; connect-src 'self'"

export function addDocumentation(app: OpenAPIHono, version: string): void {
  const { openAPIRegistry } = app
  openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key (`vp_…`), or a token of the identity provider.',
  })
  openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
  })
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    security: [{ bearer: [] }, { apiKey: [] }],
    info: {
      title: 'Voice Pocket',
      version,
      license: { name: 'MIT' },
      description: 'Ask for a text to be spoken, follow it, and fetch the audio, all by your own uuid.',
    },
  })
  app.get('/', (context) => context.redirect('/docs'))
  app.get('/docs', (context) => context.html(PAGE, 200, { 'Content-Security-Policy': PAGE_POLICY }))
  app.get('/docs/start.js', (context) =>
    context.body(START, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
  )
  for (const [name, contentType] of Object.entries(ASSETS)) {
    app.get(`/docs/${name}`, async (context) => {
      const bytes = await readFile(fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`)))
      return context.body(new Uint8Array(bytes), 200, {
        'Content-Type': contentType,
        'Cache-Control': 'max-age=3600',
      })
    })
  }
}
