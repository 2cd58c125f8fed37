// The page of one ticket asks again by itself; a telephone on a shelf needs no touch.
setTimeout(() => location.reload(), 15000);
