/** BullMQ wants the function of a sandboxed worker as a file's default export. */
export default async function noop({ data }: { data: number }): Promise<number> {
  return data
}
