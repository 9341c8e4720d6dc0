package api

import (
	_ "embed"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/goccy/go-yaml"
)

//go:embed openapi.yaml
var openAPI []byte

// document is the description of the API in the two forms it is served in.
type document struct {
	yaml, json []byte
}

func readDocument() (document, error) {
	asJSON, err := yaml.YAMLToJSON(openAPI)
	if err != nil {
		return document{}, fmt.Errorf("reading the embedded openapi.yaml: %w", err)
	}
	return document{yaml: openAPI, json: asJSON}, nil
}

// DocumentJSON gives the OpenAPI document as JSON, for a page that shows it.
func (a *API) DocumentJSON() []byte { return a.spec.json }

func (a *API) showYAML(c *gin.Context) error {
	c.Data(http.StatusOK, "application/yaml; charset=utf-8", a.spec.yaml)
	return nil
}

func (a *API) showJSON(c *gin.Context) error {
	c.Data(http.StatusOK, "application/json; charset=utf-8", a.spec.json)
	return nil
}
