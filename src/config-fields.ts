import { z } from 'zod'
import { isPlainHttpAddress, isProxyAddress } from './platform/address-text.ts'
import { Secret } from './platform/secret.ts'

// How values of environment variables are written. `description` goes into the documents' table.

export const text = (description: string) => z.string().trim().meta({ description })

export const secret = (description: string) =>
  z
    .string()
    .trim()
    .transform((value) => new Secret(value))
    .optional()
    .meta({ description: `${description} *Secret.*` })

export const address = (description: string) =>
  z
    .string()
    .trim()
    .refine(isPlainHttpAddress, 'must be an http or https address without user name or query')
    .transform((value) => value.replace(/\/+$/, ''))
    .optional()
    .meta({ description })

export const proxy = (description: string) =>
  z
    .string()
    .trim()
    .refine(isProxyAddress, 'must be an http or https address without path or query')
    .transform((value) => new Secret(value))
    .optional()
    .meta({ description: `${description} *Secret.*` })

export const whole = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`
  return z.coerce.number({ error }).int(error).min(min, error).max(max, error)
}

export const list = (isEntry: (entry: string) => boolean, error: string, description: string) =>
  z
    .string()
    .transform((value) => value.split(',').map((entry) => entry.trim()))
    .refine((entries) => entries.every(isEntry), error)
    .optional()
    .meta({ description })

export const count = (initial: number, max: number, description: string) =>
  whole(1, max).default(initial).meta({ description })

export const amount = (initial: number, max: number, description: string) => {
  const error = `must be a number from 0 to ${max}`
  return z.coerce
    .number({ error })
    .min(0, error)
    .max(max, error)
    .default(initial)
    .meta({ description })
}

export const seconds = (initial: number, max: number, description: string) =>
  whole(1, max)
    .default(initial)
    .transform((value) => value * 1000)
    .meta({ description })

export const kibibytes = (initial: number, max: number, description: string) =>
  whole(1, max)
    .default(initial)
    .transform((value) => value * 1024)
    .meta({ description })

/** In any case, as OpenTelemetry reads its own. */
export const flag = (description: string) =>
  z
    .string()
    .trim()
    .toLowerCase()
    .pipe(z.enum(['true', 'false'], 'must be true or false'))
    .default('false')
    .transform((value) => value === 'true')
    .meta({ description })
