console.log('compiling the shop')
console.error('error: src/cart.js:12: price is not defined')
process.exitCode = 1
