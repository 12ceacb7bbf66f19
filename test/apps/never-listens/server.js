console.log('waiting for something that never comes')
setInterval(() => undefined, 1000)
