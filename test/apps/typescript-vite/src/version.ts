export const version = 'one'
