package fleet

import "strconv"

func itoa(n int) string { return strconv.Itoa(n) }

// megabytes writes an amount of disk in tens of megabytes, so that an alarm is not told anew with every line of a log.
func megabytes(n int64) string { return strconv.FormatInt(n>>20/10*10, 10) + " MB" }
