package access

import (
	"net/http"

	"flowhq"
)

// StatusOf gives the status of an answer for an error of the domain: the one place where codes become statuses, for
// pages and calls alike. A code that is unknown here is 500.
func StatusOf(code flowhq.Code) int {
	switch code {
	case flowhq.CodeInvalid:
		return http.StatusBadRequest
	case flowhq.CodeUnauthorized:
		return http.StatusUnauthorized
	case flowhq.CodeForbidden:
		return http.StatusForbidden
	case flowhq.CodeNotFound:
		return http.StatusNotFound
	case flowhq.CodeConflict, flowhq.CodeRunning:
		return http.StatusConflict
	case flowhq.CodeUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// CodeOf gives the code that a status stands for, for those who call the API: the other way round of StatusOf.
func CodeOf(status int) flowhq.Code {
	for _, code := range []flowhq.Code{
		flowhq.CodeInvalid, flowhq.CodeUnauthorized, flowhq.CodeForbidden, flowhq.CodeNotFound, flowhq.CodeConflict,
		flowhq.CodeUnavailable,
	} {
		if StatusOf(code) == status {
			return code
		}
	}
	return flowhq.CodeInternal
}
