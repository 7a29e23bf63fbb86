/* say.h - messages to the user on standard error. */
#ifndef TV_SAY_H
#define TV_SAY_H

/* tv_say prints one line, "tcpverdict: " and the formatted text.  File names come from anywhere, so control characters
 * are shown as '?': no name can play tricks with the terminal or fake a second line. */
void tv_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
