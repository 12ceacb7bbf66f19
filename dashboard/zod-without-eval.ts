import { z } from 'zod'

// Zod compiles parsers with `new Function` where it may; the content security policy forbids it, and would report the
// attempt. Has to run before any schema is made, so it is the first import of main.tsx.
z.config({ jitless: true })
