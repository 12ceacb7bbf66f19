console.log(`releasing with MODE=${process.env.MODE ?? 'unset'}`)
