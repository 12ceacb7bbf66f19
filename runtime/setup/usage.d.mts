export const USAGE: string
