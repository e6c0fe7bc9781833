#ifndef WRONG_H
#define WRONG_H
	int a; 
int bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb;
    } else {
#endif

