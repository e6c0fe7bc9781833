#ifndef ALONE_H
#define ALONE_H
apr_size_t pg_alone(void);
#endif
