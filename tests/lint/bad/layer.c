/* Breaks: the core knows httpd. */
#include <httpd.h>
