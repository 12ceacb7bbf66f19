console.log('migrating the database')
console.error('migration 0007 failed: column "price" exists already')
process.exitCode = 5
