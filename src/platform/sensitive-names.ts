/** The shim's rule for groups and changes, and headers: what is called like this may hold a secret. */
export const SENSITIVE_NAME =
  /secret|passw|passphrase|token|credential|psk|(api|auth|encryption|private|shared|ssh)[_-]?key|snmp.*community|headers$/i
