import { z } from 'zod'

const CONTROL_CHARACTERS = /[^\P{Cc}\t\n\r]/u

/** Text that people typed: no control characters, no broken surrogates. */
export const plainText = (maxCharacters: number) =>
  z
    .string()
    .max(maxCharacters, `has more than ${maxCharacters} characters`)
    .refine((text) => !CONTROL_CHARACTERS.test(text), 'contains control characters')
    .refine((text) => text.isWellFormed(), 'is not valid Unicode')
