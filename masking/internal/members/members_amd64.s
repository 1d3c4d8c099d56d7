//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// PLACE makes BX the address of the name at place CX.
#define PLACE                             \
	MOVQ  CX, BX                      \
	IMULQ $spelling__size, BX             \
	ADDQ  names+32(FP), BX

// func listed(src *byte, n int, bits *byte, i int, names *spelling, index *int32, mask, after int, seen uint64, members *Member, room int) int
//
// AX is the index of the name, R11 its size and then the index of the value, R12
// where that ends; BX is the name, CX its place, and R10 the name before.
TEXT ·listed(SB), NOSPLIT, $0-96
	MOVQ src+0(FP), SI
	MOVQ n+8(FP), R8
	MOVQ bits+16(FP), DI
	MOVQ i+24(FP), AX
	MOVQ seen+64(FP), R9
	MOVQ members+72(FP), DX
	MOVQ after+56(FP), CX
	PLACE

member:
	MOVQ  BX, R10
	MOVLQZX spelling_next(BX), CX
	TESTQ CX, CX
	JEQ   find
	PLACE
	MOVQ  (spelling_quoted+8)(BX), R11
	LEAQ  8(AX)(R11*1), R12
	CMPQ  R12, R8
	JGT   find
	MOVQ  spelling_mask(BX), R13
	MOVQ  (SI)(AX*1), R12
	ANDQ  R13, R12
	CMPQ  R12, spelling_head(BX)
	JNE   find
	MOVLQSX spelling_rear(BX), R15
	ADDQ  AX, R15
	MOVQ  (SI)(R15*1), R12
	ANDQ  R13, R12
	CMPQ  R12, spelling_tail(BX)
	JNE   find
	CMPQ  R11, $16
	JGT   middle

value:
	DECQ  CX
	CMPQ  CX, $64
	JCC   done
	BTSQ  CX, R9
	JCS   done
	ADDQ  AX, R11
	MOVL  AX, Member_Start(DX)
	MOVL  R11, Member_Value(DX)
	MOVL  CX, Member_Number(DX)
	MOVBLZX (SI)(R11*1), R12
	CMPL  R12, $0x22
	JNE   other
	LEAQ  1(R11), R12
	MOVQ  R12, R13
	SHRQ  $3, R13
	MOVQ  R12, R15
	ANDQ  $7, R15
	SHRXQ R15, (DI)(R13*1), R15
	TESTQ R15, R15
	JEQ   far
	TZCNTQ R15, R15
	ADDQ  R15, R12

stop:
	CMPQ  R12, R8
	JGE   unread
	CMPB  (SI)(R12*1), $0x22
	JNE   unread
	INCQ  R12

read:
	MOVL  R12, Member_End(DX)
	ADDQ  $Member__size, DX
	DECQ  room+80(FP)
	JEQ   done
	LEAQ  1(R12), AX
	CMPQ  AX, R8
	JGE   done
	MOVWLZX (SI)(R12*1), CX
	CMPL  CX, $0x222c // a comma and a quote
	JEQ   member

done:
	SUBQ  members+72(FP), DX
	SHRQ  $4, DX
	MOVQ  DX, ret+88(FP)
	RET

unread:
	MOVL  $-1, Member_End(DX)
	ADDQ  $Member__size, DX
	JMP   done

middle: // of a name longer than head and tail
	MOVL  $8, R13

words:
	MOVQ  spelling_quoted(BX), R14
	MOVQ  (R14)(R13*1), R14
	LEAQ  (AX)(R13*1), R15
	CMPQ  R14, (SI)(R15*1)
	JNE   find
	ADDQ  $8, R13
	MOVLQSX spelling_rear(BX), R15
	CMPQ  R13, R15
	JLT   words
	JMP   value

find: // by the hash of head R11, tail R13 and size
	CMPB  (SI)(AX*1), $0x22
	JNE   done
	LEAQ  1(AX), R12
	CMPQ  R12, R8
	JGE   done
	MOVQ  R12, R13
	SHRQ  $3, R13
	MOVQ  R12, R15
	ANDQ  $7, R15
	SHRXQ R15, (DI)(R13*1), R15
	TESTQ R15, R15
	JEQ   further
	TZCNTQ R15, R15
	ADDQ  R15, R12

closed:
	MOVQ  R12, R15
	SUBQ  AX, R15
	ADDQ  $2, R15 // size
	LEAQ  8(AX)(R15*1), R13
	CMPQ  R13, R8
	JGT   done
	MOVWLZX (SI)(R12*1), R13
	CMPL  R13, $0x3a22 // a quote and a colon
	JNE   done
	MOVQ  (SI)(AX*1), R11
	LEAQ  -8(AX)(R15*1), R12
	CMPQ  R15, $8
	JGE   long
	LEAQ  (R15*8), R12
	BZHIQ R12, R11, R11
	MOVQ  R11, R13
	JMP   mix

long:
	MOVQ  (SI)(R12*1), R13

mix:
	ROLQ  $23, R13
	XORQ  R13, R11
	ADDQ  R15, R11
	MOVQ  $0x9e3779b97f4a7c15, R13
	IMULQ R13, R11
	SHRQ  $33, R11
	MOVQ  R11, R12 // place in the index
	MOVQ  R15, R11

probe:
	ANDQ  mask+48(FP), R12
	MOVQ  index+40(FP), R13
	MOVLQZX (R13)(R12*4), CX
	TESTQ CX, CX
	JEQ   done
	INCQ  R12
	PLACE
	CMPQ  R11, (spelling_quoted+8)(BX)
	JNE   probe
	MOVQ  (SI)(AX*1), R15
	ANDQ  spelling_mask(BX), R15
	CMPQ  R15, spelling_head(BX)
	JNE   probe
	MOVLQSX spelling_rear(BX), R15
	ADDQ  AX, R15
	MOVQ  (SI)(R15*1), R15
	ANDQ  spelling_mask(BX), R15
	CMPQ  R15, spelling_tail(BX)
	JNE   probe
	CMPQ  R11, $16
	JLE   learn
	MOVL  $8, R13

between:
	MOVQ  spelling_quoted(BX), R14
	MOVQ  (R14)(R13*1), R14
	LEAQ  (AX)(R13*1), R15
	CMPQ  R14, (SI)(R15*1)
	JNE   probe
	ADDQ  $8, R13
	MOVLQSX spelling_rear(BX), R15
	CMPQ  R13, R15
	JLT   between

learn:
	MOVL  CX, spelling_next(R10)
	JMP   value

further: // as far is for values
	ADDQ  $8, R13
	MOVQ  R13, R12
	SHLQ  $3, R12
	CMPQ  R12, R8
	JGE   done
	MOVQ  (DI)(R13*1), R15
	TESTQ R15, R15
	JEQ   further
	TZCNTQ R15, R15
	ADDQ  R15, R12
	JMP   closed

far: // the string goes on behind the window
	ADDQ  $8, R13
	MOVQ  R13, R12
	SHLQ  $3, R12
	CMPQ  R12, R8
	JGE   unread
	MOVQ  (DI)(R13*1), R15
	TESTQ R15, R15
	JEQ   far
	TZCNTQ R15, R15
	ADDQ  R15, R12
	JMP   stop

other:
	LEAL  -0x31(R12), R13
	CMPL  R13, $9
	JCC   literal
	MOVQ  R11, R12

digits: // eight at a time; at the end of src the last eight, shifted
	LEAQ  8(R12), R13
	CMPQ  R13, R8
	JGT   last
	MOVQ  (SI)(R12*1), R15

check:
	MOVQ  $0x3030303030303030, CX
	XORQ  CX, R15
	MOVQ  $0x7676767676767676, CX
	ADDQ  R15, CX
	ORQ   R15, CX
	MOVQ  $0x8080808080808080, R15
	ANDQ  R15, CX
	JNE   nodigit
	ADDQ  $8, R12
	JMP   digits

last:
	CMPQ  R12, R8
	JGE   unread
	MOVQ  -8(SI)(R8*1), R15
	SUBQ  R8, R13
	SHLQ  $3, R13
	SHRXQ R13, R15, R15
	JMP   check

nodigit:
	TZCNTQ CX, CX
	SHRQ  $3, CX
	ADDQ  CX, R12
	CMPQ  R12, R8
	JGE   unread
	MOVBLZX (SI)(R12*1), CX
	CMPL  CX, $0x2c
	JEQ   read
	CMPL  CX, $0x7d
	JEQ   read
	JMP   unread

literal:
	MOVL  (SI)(R11*1), R13
	LEAQ  4(R11), R12
	CMPL  R13, $0x6c6c756e // null
	JEQ   read
	CMPL  R13, $0x65757274 // true
	JEQ   read
	CMPL  R13, $0x736c6166 // fals
	JNE   unread
	CMPB  (SI)(R12*1), $0x65
	JNE   unread
	INCQ  R12
	JMP   read
