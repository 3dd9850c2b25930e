import type { FastifyInstance } from 'fastify'

/** Adds the CPU this process has used (`process.cpuUsage`, ms), listens on a free port and prints the address. */
export async function listen(app: FastifyInstance): Promise<void> {
  app.get('/cpu', async () => {
    const { user, system } = process.cpuUsage()
    return { cpuMs: (user + system) / 1_000 }
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  console.log(JSON.stringify({ address }))
}
