console.log('worker begins')
const beat = setInterval(() => console.log('worker beats'), 1000)
process.on('SIGTERM', () => {
  console.log('worker ends')
  clearInterval(beat)
})
