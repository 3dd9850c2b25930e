import { createPrivateKey, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { SECRET_KEY } from '../../../nautobot-plugin-shim/development/instance.ts'

/** Before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const KEY_BYTES = 32

/** The key that Nautobot signs with: known here, because the development Nautobot's SECRET_KEY is. */
function nautobotsKey(): KeyObject {
  const bytes = hkdfSync('sha256', SECRET_KEY, 'nautobot-ai-ops', 'session-token/v1', KEY_BYTES)
  const key = Buffer.concat([PKCS8_PREFIX, Buffer.from(bytes)])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

export interface Forger {
  /** The same claims but for the changes, rightly signed. */
  signed(changes: JWTPayload): Promise<string>
  /** The same claims, signed with somebody else's key under Nautobot's key id. */
  signedByStranger(): Promise<string>
  /** The same claims, `alg: none`. */
  unsigned(): string
  /** Other claims under the genuine signature. */
  tampered(changes: JWTPayload): string
  /** The same claims, HS256 with the published key as its secret. */
  signedWithPublicKey(published: string): Promise<string>
}

/** Variations of a genuine session token, each wrong in one way. */
export function forgerOf(genuine: string): Forger {
  const claims = decodeJwt(genuine)
  const { kid = '' } = decodeProtectedHeader(genuine)
  const sign = (payload: JWTPayload, key: KeyObject | Uint8Array, alg = 'EdDSA') =>
    new SignJWT(payload).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(key)
  return {
    signed: (changes) => sign({ ...claims, ...changes }, nautobotsKey()),
    signedByStranger: () => sign(claims, generateKeyPairSync('ed25519').privateKey),
    unsigned: () => new UnsecuredJWT(claims).encode(),
    tampered(changes) {
      const payload = Buffer.from(JSON.stringify({ ...claims, ...changes })).toString('base64url')
      return genuine.replace(/\.[^.]+\./, `.${payload}.`)
    },
    signedWithPublicKey: (published) => sign(claims, new TextEncoder().encode(published), 'HS256')
  }
}
