import { AppError } from '../errors.ts'

const MEANINGS: Readonly<Partial<Record<AppError['code'], string>>> = {
  UNAUTHENTICATED: "Nautobot does not accept the service account's token.",
  FORBIDDEN: 'Nautobot does not permit this to the service account.',
  OBJECT_NOT_FOUND:
    'This Nautobot lacks the AI Ops app, or hides its objects from the service account.'
}

/**
 * A refusal of the service account's own request as NAUTOBOT_REFUSED: the person who asked can do
 * nothing about it, and must not be told to sign in. Other errors stay as they are.
 */
export function refusedToService(error: unknown): unknown {
  const meaning = error instanceof AppError ? MEANINGS[error.code] : undefined
  return meaning ? new AppError('NAUTOBOT_REFUSED', meaning, { cause: error }) : error
}
