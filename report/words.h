/* words.h - the words of design.md for the enums of result.h.  "" for values that mean unknown or none. */
#ifndef TV_WORDS_H
#define TV_WORDS_H

const char *tv_end_word(unsigned end);               /* enum tv_end: "a", "b" */
const char *tv_certainty_word(unsigned certainty);   /* enum tv_certainty: "observed", ... */
const char *tv_severity_word(unsigned severity);     /* enum tv_severity: "info", ... */
const char *tv_confidence_word(unsigned confidence); /* enum tv_confidence: "certain", ... */
const char *tv_blame_word(unsigned blame);           /* enum tv_blame: "a", "network", "unknown", ... */
const char *tv_initiator_word(unsigned initiator);   /* enum tv_initiator: "syn", ... */
const char *tv_handshake_word(unsigned handshake);   /* enum tv_handshake: "complete", ... */
const char *tv_teardown_word(unsigned teardown);     /* enum tv_teardown: "orderly", ... */
const char *tv_closed_first_word(unsigned closed);   /* enum tv_closed_first: "a", "b", "both", "" */
const char *tv_passed_word(unsigned passed);         /* enum tv_passed: "in", "out", "" */

#endif
