import { Writable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../../../src/config.ts'
import { createLogger } from '../../../src/platform/logger.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { traced } from '../../../src/platform/tracing.ts'
import { startTracing } from '../../../src/services/tracing.ts'
import { startForwardProxy } from '../../support/forward-proxy.ts'
import { startTraceCollector } from '../../support/trace-collector.ts'

async function start(environment: Readonly<Record<string, string>>) {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    }
  })
  const logger = createLogger({ level: 'info', version: '1', destination })
  const config = loadConfig({ OTEL_BSP_SCHEDULE_DELAY: '100', ...environment })
  const metrics = createMetrics({ version: '1' })
  const tracing = await startTracing({ config, logger, metrics, version: '1' })
  onTestFinished(() => tracing.close())
  const about = () => lines.filter((line) => line.includes('traces')).join('')
  return { metrics, tracing, about }
}

const work = () => traced({ name: 'work' }, async () => undefined)

test('the collector is asked through the proxy', async () => {
  const { port, seen } = await startForwardProxy()
  const { tracing } = await start({
    HTTP_PROXY: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.invalid:4318'
  })
  await work()
  await tracing.close()
  expect(seen).toEqual(['POST http://collector.invalid:4318/v1/traces '])
})

test('an address that nobody may ask is no collector', async () => {
  const { tracing, about } = await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://169.254.169.254:4318'
  })
  await work()
  await tracing.close()
  expect(about()).toContain('link-local and metadata addresses are never asked')
})

test('an outage is told once, and its end', async () => {
  const collector = await startTraceCollector()
  onTestFinished(collector.stop)
  collector.answer(503)
  const { metrics, about } = await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json'
  })
  const lost = async () => (await metrics.read()).match(/outcome="lost"\} (\d+)/)?.[1]
  await work()
  await expect.poll(lost).toBe('1')
  await work()
  await expect.poll(lost).toBe('2')
  collector.answer(200)
  await work()
  await expect.poll(about).toContain('traces are sent again')
  expect(about().split('traces cannot be sent').length - 1).toBe(1)
  expect(about()).toContain('It answered 503.')
})
