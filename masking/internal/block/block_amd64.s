//go:build !purego

#include "textflag.h"

// The schedule of FIPS 197 §5.2: X0 is the last round key.
#define ROUND(constant, at) \
	AESKEYGENASSIST $constant, X0, X1 \
	PSHUFD $0xff, X1, X1              \
	MOVO   X0, X2                     \
	PSLLDQ $4, X2                     \
	PXOR   X2, X0                     \
	PSLLDQ $4, X2                     \
	PXOR   X2, X0                     \
	PSLLDQ $4, X2                     \
	PXOR   X2, X0                     \
	PXOR   X1, X0                     \
	MOVUPS X0, at(DI)

// func expand(round *[176]byte, key *[16]byte)
TEXT ·expand(SB), NOSPLIT, $0-16
	MOVQ   round+0(FP), DI
	MOVQ   key+8(FP), SI
	MOVUPS (SI), X0
	MOVUPS X0, (DI)
	ROUND(0x01, 16)
	ROUND(0x02, 32)
	ROUND(0x04, 48)
	ROUND(0x08, 64)
	ROUND(0x10, 80)
	ROUND(0x20, 96)
	ROUND(0x40, 112)
	ROUND(0x80, 128)
	ROUND(0x1b, 144)
	ROUND(0x36, 160)
	PXOR   X0, X0
	PXOR   X1, X1
	PXOR   X2, X2
	RET

// X1 is encrypted under the round keys at R.
#define STEP(R, at) \
	MOVUPS at(R), X2 \
	AESENC X2, X1

#define ENCRYPT(R) \
	MOVUPS (R), X2        \
	PXOR   X2, X1         \
	STEP(R, 16)           \
	STEP(R, 32)           \
	STEP(R, 48)           \
	STEP(R, 64)           \
	STEP(R, 80)           \
	STEP(R, 96)           \
	STEP(R, 112)          \
	STEP(R, 128)          \
	STEP(R, 144)          \
	MOVUPS 160(R), X2     \
	AESENCLAST X2, X1

// func encrypt(round *[176]byte, dst, src *[16]byte)
TEXT ·encrypt(SB), NOSPLIT, $0-24
	MOVQ   round+0(FP), AX
	MOVQ   dst+8(FP), DI
	MOVQ   src+16(FP), SI
	MOVUPS (SI), X1
	ENCRYPT(AX)
	MOVUPS X1, (DI)
	RET

// func descend(left, right *[176]byte, s *[16]byte, way uint64, bits int)
//
// Which keys are used is no branch: the ways are as random as the digests.
TEXT ·descend(SB), NOSPLIT, $0-40
	MOVQ   left+0(FP), R8
	MOVQ   right+8(FP), R9
	MOVQ   s+16(FP), DI
	MOVQ   way+24(FP), DX
	MOVQ   bits+32(FP), CX
	MOVUPS (DI), X0

level:
	MOVQ    R8, AX
	SHLQ    $1, DX
	CMOVQCS R9, AX
	MOVO    X0, X1
	ENCRYPT(AX)
	PXOR    X1, X0
	DECQ    CX
	JNZ     level
	MOVUPS  X0, (DI)
	PXOR    X0, X0
	PXOR    X1, X1
	RET
