// Package website serves pages and API at the appliance's address: a page while the start waits for the database, one
// answer or the other at the same addresses, and a listening socket that the next program takes over.
package website
