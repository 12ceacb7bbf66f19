import { pino, type Logger } from 'pino'

/**
 * The server's own log: JSON lines on stdout, which whoever supervises it keeps. What could carry a secret is cut out
 * wherever it stands, should it ever be handed in.
 */
export function openLog(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        'authorization',
        '*.authorization',
        'password',
        '*.password',
        'token',
        '*.token',
        'env',
        '*.env',
      ],
      censor: '…',
    },
  })
}
