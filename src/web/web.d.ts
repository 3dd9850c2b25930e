/// <reference types="vite/client" />

/** The version in package.json, set by the bundler. */
declare const __CHAT_VERSION__: string
