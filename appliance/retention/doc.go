// Package retention removes rows that have been kept for as long as they should be: in small steps, in the hours in
// which a business is quiet, and gives their space back. What is old is the domain's to say (flowhq.Retention).
//
// The package imports the domain alone; the store comes by a small interface.
package retention
