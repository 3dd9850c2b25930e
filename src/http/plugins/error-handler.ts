import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { AppError, type ErrorCode } from '../../errors.ts'
import { redactText } from '../../platform/log-redaction.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { MAX_MESSAGE_CHARACTERS } from '../schemas.ts'
import { drainBody, type RemainderLimits } from './body-remainder.ts'
import { createMethodFinder } from './method-finder.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body of a failure where a protocol wants its own; undefined leaves ours. */
    errorBody?: (failure: AppError) => object | undefined
  }
}

interface ErrorHandlerOptions {
  readonly metrics: Metrics
  /** Tell the client what broke inside; LAB only. */
  readonly showInternals: boolean
  /** What is read of a body that is too large, so that its sender hears why. */
  readonly remainder: RemainderLimits
}

/** One body for every failure, whoever raised it: `{error: {code, message, retryable, details?}}`. */
export const errorHandler = fastifyPlugin<ErrorHandlerOptions>(
  async (app, { metrics, showInternals, remainder }) => {
    const methodsOf = createMethodFinder(app)

    app.setErrorHandler<FastifyError>(async (error, request, reply) => {
      const failure = toAppError(error, request)
      const operation = request.routeOptions.config.operation ?? 'unknown'
      metrics.httpErrors.inc({ operation, code: failure.code })
      report(failure, request)
      if (error.code === BODY_TOO_LARGE) await drainBody(request.raw, remainder)
      return answer(reply, failure, showInternals)
    })

    app.setNotFoundHandler(async (request, reply) => {
      const methods = methodsOf(request.url)
      if (methods.length === 0) throw new AppError('NOT_FOUND', 'There is nothing at this path.')
      void reply.header('allow', methods.join(', '))
      throw new AppError('METHOD_NOT_ALLOWED', `This path takes ${methods.join(', ')}.`)
    })
  },
  { name: 'error-handler' }
)

/** For failures before routing, which never reach the handler above: a bad address, mostly. */
export function answerFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply
): void {
  void answer(reply.header('x-request-id', request.id), toAppError(error, request), false)
}

function answer(reply: FastifyReply, failure: AppError, showInternals: boolean): FastifyReply {
  const retryAfter = failure.details?.retryAfterSeconds
  if (typeof retryAfter === 'number') void reply.header('retry-after', Math.ceil(retryAfter))
  if (failure.code === 'UNAUTHENTICATED') void reply.header('www-authenticate', 'Bearer')
  const body = failure.toBody()
  if (failure.code === 'INTERNAL' && showInternals && failure.cause instanceof Error) {
    const { name, message } = failure.cause
    body.error.details = { cause: redactText(`${name}: ${message}`) }
  }
  return reply
    .code(failure.status)
    .header('content-type', 'application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(reply.routeOptions.config.errorBody?.(failure) ?? body)
}

function report(failure: AppError, request: FastifyRequest): void {
  const { code } = failure
  if (failure.code === 'INTERNAL') request.log.error({ err: failure.cause, code }, failure.message)
  else if (failure.status >= 500) request.log.warn({ err: failure, code }, 'request failed')
  else request.log.info({ code }, 'request refused')
}

const BODY_TOO_LARGE = 'FST_ERR_CTP_BODY_TOO_LARGE'

const CODES: Readonly<Record<string, [code: ErrorCode, message: string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE', 'The body has to be JSON.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['INVALID_REQUEST', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'INVALID_REQUEST',
    'The body is not as long as its Content-Length says.'
  ],
  FST_ERR_MAX_PARAM_LENGTH: ['INVALID_REQUEST', 'A part of the path is too long.'],
  FST_ERR_BAD_URL: ['INVALID_REQUEST', 'The path is not a valid one.']
}

function toAppError(error: FastifyError, request: FastifyRequest): AppError {
  if (error instanceof AppError) return error
  if (error.validation) return toInvalidRequest(error)
  if (error.code === BODY_TOO_LARGE) {
    const maxBytes = request.routeOptions.bodyLimit
    const message = `The body is larger than ${maxBytes} bytes.`
    return new AppError('PAYLOAD_TOO_LARGE', message, { details: { maxBytes } })
  }
  const known = CODES[error.code]
  if (known) return new AppError(known[0], known[1], { cause: error })
  const { statusCode = 500 } = error
  if (statusCode === 404) return new AppError('NOT_FOUND', 'There is nothing at this path.')
  if (statusCode < 500) return new AppError('INVALID_REQUEST', 'The request cannot be read.')
  return AppError.from(error)
}

interface Field {
  readonly path: string
  readonly message: string
}

function toInvalidRequest(error: FastifyError): AppError {
  const context = error.validationContext ?? 'body'
  const fields = (error.validation ?? []).flatMap((issue) => toFields(issue, context))
  if ((error.validation ?? []).some(isTooLongMessage)) {
    const maxCharacters = MAX_MESSAGE_CHARACTERS
    const message = `A message has at most ${maxCharacters} characters.`
    return new AppError('PAYLOAD_TOO_LARGE', message, { details: { maxCharacters, fields } })
  }
  const [first] = fields
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : ''
  const message = first ? `${first.path}: ${first.message}${more}.` : 'The request is not valid.'
  return new AppError('INVALID_REQUEST', message, { details: { fields } })
}

type Issue = NonNullable<FastifyError['validation']>[number]

const MAX_NAMED_FIELDS = 20
const MAX_FIELD_NAME_CHARACTERS = 100

function toFields(issue: Issue, context: string): Field[] {
  const path = issue.instancePath.split('/').filter(Boolean).join('.')
  // zod names the object that holds unknown keys, people look for the keys.
  if (issue.keyword === 'unrecognized_keys' && Array.isArray(issue.params.keys)) {
    return issue.params.keys.slice(0, MAX_NAMED_FIELDS).map((key) => ({
      path: [path, String(key).slice(0, MAX_FIELD_NAME_CHARACTERS)].filter(Boolean).join('.'),
      message: 'is not a known field'
    }))
  }
  return [{ path: path || context, message: issue.message ?? 'is not valid' }]
}

function isTooLongMessage(issue: Issue): boolean {
  return issue.keyword === 'too_big' && issue.instancePath === '/message'
}
