console.log('reading the configuration')
console.error('FATAL: no DATABASE_URL, cannot go on')
process.exit(3)
