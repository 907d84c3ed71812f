/** How routes describe what they answer. */
import type { z } from '@hono/zod-openapi'
import { problemSchema } from '../errors.ts'

export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
})
