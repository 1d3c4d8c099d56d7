//go:build !purego

#include "textflag.h"

// Two messages by the SHA extensions, whose rounds wait for each other: those of
// the other message fill the gaps. X1 and X2 are the state of the one as the
// instructions want it, X3 to X6 its last sixteen words; X9, X10 and X11 to X14
// those of the other. X0 is what SHA256RNDS2 takes without being told, BX the
// constants.
#define ROUNDS(k, s, t, w)          \
	VPADDD      k(BX), w, X0    \
	SHA256RNDS2 X0, s, t        \
	PSHUFD      $0x0e, X0, X0   \
	SHA256RNDS2 X0, t, s

#define READ(p, w)                  \
	VMOVDQU p, w                \
	PSHUFB  X8, w

// NEXT ends the four words after w; BEGIN begins those after that.
#define NEXT(before, w, after)                \
	VPALIGNR   $4, before, w, X7          \
	PADDD      X7, after                  \
	SHA256MSG2 w, after

#define BEGIN(w, before)      \
	SHA256MSG1 w, before

// BOTH are four rounds of both, and the words that they make.
#define BOTH(k, v0, v1, v2, w0, w1, w2) \
	ROUNDS(k, X1, X2, v1)           \
	NEXT(v0, v1, v2)                \
	BEGIN(v1, v0)                   \
	ROUNDS(k, X9, X10, w1)          \
	NEXT(w0, w1, w2)                \
	BEGIN(w1, w0)

// INTO makes of the eight words at p what the instructions want; FROM is the way
// back.
#define INTO(p, s, t)              \
	VMOVDQU p, s               \
	VMOVDQU 16+p, t            \
	PSHUFD  $0xb1, s, s        \
	PSHUFD  $0x1b, t, t        \
	VMOVDQA s, X7              \
	PALIGNR $8, t, s           \
	PBLENDW $0xf0, X7, t

#define FROM(s, t, p)              \
	PSHUFD  $0x1b, s, s        \
	PSHUFD  $0xb1, t, t        \
	VMOVDQA s, X7              \
	PBLENDW $0xf0, t, s        \
	PALIGNR $8, X7, t          \
	VMOVDQU s, p               \
	VMOVDQU t, 16+p

// func two(a, b *run)
//
// What a run holds is at the offsets of its fields: state 0, at 32, whole 40,
// tail 48, blocks 56. One that ended reads its last block again, and stays.
TEXT ·two(SB), NOSPLIT, $64-16
	MOVQ    a+0(FP), R12
	MOVQ    b+8(FP), R13
	MOVQ    32(R12), SI
	MOVQ    40(R12), R8
	MOVQ    56(R12), R9
	MOVQ    32(R13), DI
	MOVQ    40(R13), R10
	MOVQ    56(R13), R11
	LEAQ    ·constants(SB), BX
	VMOVDQU ·swap(SB), X8
	INTO(0(R12), X1, X2)
	INTO(0(R13), X9, X10)
	VMOVDQU X1, 0(SP)
	VMOVDQU X2, 16(SP)
	VMOVDQU X9, 32(SP)
	VMOVDQU X10, 48(SP)

block:
	TESTQ   R8, R8
	CMOVQEQ 48(R12), SI
	TESTQ   R10, R10
	CMOVQEQ 48(R13), DI

	READ(0(SI), X3)
	READ(0(DI), X11)
	ROUNDS(0, X1, X2, X3)
	ROUNDS(0, X9, X10, X11)
	READ(16(SI), X4)
	READ(16(DI), X12)
	ROUNDS(16, X1, X2, X4)
	BEGIN(X4, X3)
	ROUNDS(16, X9, X10, X12)
	BEGIN(X12, X11)
	READ(32(SI), X5)
	READ(32(DI), X13)
	ROUNDS(32, X1, X2, X5)
	BEGIN(X5, X4)
	ROUNDS(32, X9, X10, X13)
	BEGIN(X13, X12)
	READ(48(SI), X6)
	READ(48(DI), X14)
	BOTH(48, X5, X6, X3, X13, X14, X11)
	BOTH(64, X6, X3, X4, X14, X11, X12)
	BOTH(80, X3, X4, X5, X11, X12, X13)
	BOTH(96, X4, X5, X6, X12, X13, X14)
	BOTH(112, X5, X6, X3, X13, X14, X11)
	BOTH(128, X6, X3, X4, X14, X11, X12)
	BOTH(144, X3, X4, X5, X11, X12, X13)
	BOTH(160, X4, X5, X6, X12, X13, X14)
	BOTH(176, X5, X6, X3, X13, X14, X11)
	BOTH(192, X6, X3, X4, X14, X11, X12)
	ROUNDS(208, X1, X2, X4)
	NEXT(X3, X4, X5)
	ROUNDS(208, X9, X10, X12)
	NEXT(X11, X12, X13)
	ROUNDS(224, X1, X2, X5)
	NEXT(X4, X5, X6)
	ROUNDS(224, X9, X10, X13)
	NEXT(X12, X13, X14)
	ROUNDS(240, X1, X2, X6)
	ROUNDS(240, X9, X10, X14)

	VPADDD 0(SP), X1, X1
	VPADDD 16(SP), X2, X2
	VPADDD 32(SP), X9, X9
	VPADDD 48(SP), X10, X10

	DECQ    R9
	JLT     other
	VMOVDQU X1, 0(SP)
	VMOVDQU X2, 16(SP)
	JEQ     other
	ADDQ    $64, SI
	DECQ    R8

other:
	DECQ    R11
	JLT     more
	VMOVDQU X9, 32(SP)
	VMOVDQU X10, 48(SP)
	JEQ     more
	ADDQ    $64, DI
	DECQ    R10

more:
	TESTQ R9, R9
	JGT   block
	TESTQ R11, R11
	JGT   block

	VMOVDQU 0(SP), X1
	VMOVDQU 16(SP), X2
	VMOVDQU 32(SP), X9
	VMOVDQU 48(SP), X10
	FROM(X1, X2, 0(R12))
	FROM(X9, X10, 0(R13))
	RET

// func shaExtensions() bool
//
// It asks leaf 7, which a CPU with AVX2 has.
TEXT ·shaExtensions(SB), NOSPLIT, $0-1
	MOVL $7, AX
	XORL CX, CX
	CPUID
	SHRL $29, BX
	ANDL $1, BX
	MOVB BX, ret+0(FP)
	RET
