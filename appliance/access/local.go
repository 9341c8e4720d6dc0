package access

import "github.com/gin-gonic/gin"

// SetBy says who does what a request asks for, where a gate other than this package's let it in. See By.
func SetBy(c *gin.Context, by string) { c.Set(keyBy, by) }
