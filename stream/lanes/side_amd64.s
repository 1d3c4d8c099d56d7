//go:build !purego

#include "textflag.h"

// Sixteen messages side by side: register i holds word i of each, and what
// follows is FIPS 180-4 §6.2.2 as for one message. VPRORD rotates; VPTERNLOGD
// is any function of three bits by its truth table: 0x96 is x⊕y⊕z, 0xCA is
// Ch(x,y,z), 0xE8 is Maj(x,y,z).

// Z0 to Z7 are the working variables, Z16 to Z31 the last sixteen words of the
// schedule, BX the constants. h becomes the next a; the caller turns the names
// instead of the registers.
#define ROUND(a, b, c, d, e, f, g, h, w, k) \
	VPADDD.BCST k(BX), w, Z8            \
	VPRORD      $6, e, Z9               \
	VPRORD      $11, e, Z10             \
	VPRORD      $25, e, Z11             \
	VMOVDQA32   e, Z12                  \
	VPTERNLOGD  $0xCA, g, f, Z12        \
	VPADDD      Z8, h, h                \
	VPADDD      h, d, d                 \
	VPTERNLOGD  $0x96, Z11, Z10, Z9     \
	VPADDD      Z12, d, d               \
	VPADDD      Z9, d, d                \
	VPADDD      Z12, h, h               \
	VPADDD      Z9, h, h                \
	VPRORD      $2, a, Z13              \
	VPRORD      $13, a, Z14             \
	VPRORD      $22, a, Z15             \
	VMOVDQA32   a, Z12                  \
	VPTERNLOGD  $0xE8, c, b, Z12        \
	VPTERNLOGD  $0x96, Z15, Z14, Z13    \
	VPADDD      Z12, h, h               \
	VPADDD      Z13, h, h

// NEXT puts word t+16 in the place of word t, which its round has used.
#define NEXT(w, w1, w9, w14)              \
	VPRORD     $7, w1, Z8             \
	VPRORD     $18, w1, Z9            \
	VPSRLD     $3, w1, Z10            \
	VPADDD     w9, w, w               \
	VPTERNLOGD $0x96, Z10, Z9, Z8     \
	VPRORD     $17, w14, Z11          \
	VPRORD     $19, w14, Z12          \
	VPSRLD     $10, w14, Z13          \
	VPADDD     Z8, w, w               \
	VPTERNLOGD $0x96, Z13, Z12, Z11   \
	VPADDD     Z11, w, w

#define STEP(a, b, c, d, e, f, g, h, w, w1, w9, w14, k) \
	ROUND(a, b, c, d, e, f, g, h, w, k)             \
	NEXT(w, w1, w9, w14)

// PAIR interleaves the doublewords of x and y.
#define PAIR(x, y, lo, hi)      \
	VPUNPCKLDQ y, x, lo     \
	VPUNPCKHDQ y, x, hi

// QUAD turns four rows, paired into Z0 to Z3, so that each of their quarters
// holds one column of four rows.
#define QUAD(c0, c1, c2, c3)      \
	VPUNPCKLQDQ Z2, Z0, c0    \
	VPUNPCKHQDQ Z2, Z0, c1    \
	VPUNPCKLQDQ Z3, Z1, c2    \
	VPUNPCKHQDQ Z3, Z1, c3

// LOAD4 reads the block at AX of four lanes as big-endian words, Z15 being how
// bytes are swapped, and turns them.
#define LOAD4(in, p, c0, c1, c2, c3)     \
	MOVQ      p+0(in), R8        \
	MOVQ      p+8(in), R9        \
	MOVQ      p+16(in), R10      \
	MOVQ      p+24(in), R11      \
	VMOVDQU32 (R8)(AX*1), Z4     \
	VMOVDQU32 (R9)(AX*1), Z5     \
	VMOVDQU32 (R10)(AX*1), Z6    \
	VMOVDQU32 (R11)(AX*1), Z7    \
	VPSHUFB   Z15, Z4, Z4        \
	VPSHUFB   Z15, Z5, Z5        \
	VPSHUFB   Z15, Z6, Z6        \
	VPSHUFB   Z15, Z7, Z7        \
	PAIR(Z4, Z5, Z0, Z1)         \
	PAIR(Z6, Z7, Z2, Z3)         \
	QUAD(c0, c1, c2, c3)

// GATHER makes words j, j+4, j+8 and j+12 of all lanes from the j-th columns of
// the four quads, which it overwrites.
#define GATHER(q0, q1, q2, q3)         \
	VSHUFI32X4 $0x88, q1, q0, Z0   \
	VSHUFI32X4 $0xDD, q1, q0, Z1   \
	VSHUFI32X4 $0x88, q3, q2, Z2   \
	VSHUFI32X4 $0xDD, q3, q2, Z3   \
	VSHUFI32X4 $0x88, Z2, Z0, q0   \
	VSHUFI32X4 $0x88, Z3, Z1, q1   \
	VSHUFI32X4 $0xDD, Z2, Z0, q2   \
	VSHUFI32X4 $0xDD, Z3, Z1, q3

// LOAD makes words 0 to 15 of all lanes, in Z16 to Z31, from what the sixteen
// pointers at in and the offset AX say. Rows are turned in registers, by 64
// shuffles: with a gather for each word a block takes a fourth longer.
#define LOAD(in)                         \
	LOAD4(in, 0, Z16, Z17, Z18, Z19)  \
	LOAD4(in, 32, Z20, Z21, Z22, Z23) \
	LOAD4(in, 64, Z24, Z25, Z26, Z27) \
	LOAD4(in, 96, Z28, Z29, Z30, Z31) \
	GATHER(Z16, Z20, Z24, Z28)        \
	GATHER(Z17, Z21, Z25, Z29)        \
	GATHER(Z18, Z22, Z26, Z30)        \
	GATHER(Z19, Z23, Z27, Z31)

#define STATE(at)                    \
	VMOVDQU32 at+0(DI), Z0       \
	VMOVDQU32 at+64(DI), Z1      \
	VMOVDQU32 at+128(DI), Z2     \
	VMOVDQU32 at+192(DI), Z3     \
	VMOVDQU32 at+256(DI), Z4     \
	VMOVDQU32 at+320(DI), Z5     \
	VMOVDQU32 at+384(DI), Z6     \
	VMOVDQU32 at+448(DI), Z7

// SUM adds the state from before the rounds.
#define SUM(at)                      \
	VPADDD at+0(DI), Z0, Z0      \
	VPADDD at+64(DI), Z1, Z1     \
	VPADDD at+128(DI), Z2, Z2    \
	VPADDD at+192(DI), Z3, Z3    \
	VPADDD at+256(DI), Z4, Z4    \
	VPADDD at+320(DI), Z5, Z5    \
	VPADDD at+384(DI), Z6, Z6    \
	VPADDD at+448(DI), Z7, Z7

// rounds are the 64 of a block: state in Z0 to Z7, words in Z16 to Z31. It uses
// Z8 to Z15, BX and DX.
TEXT rounds<>(SB), NOSPLIT, $0-0
	LEAQ ·constants(SB), BX
	MOVQ $3, DX

sixteen:
	STEP(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z16, Z17, Z25, Z30, 0)
	STEP(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z17, Z18, Z26, Z31, 4)
	STEP(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z18, Z19, Z27, Z16, 8)
	STEP(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z19, Z20, Z28, Z17, 12)
	STEP(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z20, Z21, Z29, Z18, 16)
	STEP(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z21, Z22, Z30, Z19, 20)
	STEP(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z22, Z23, Z31, Z20, 24)
	STEP(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z23, Z24, Z16, Z21, 28)
	STEP(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z24, Z25, Z17, Z22, 32)
	STEP(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z25, Z26, Z18, Z23, 36)
	STEP(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z26, Z27, Z19, Z24, 40)
	STEP(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z27, Z28, Z20, Z25, 44)
	STEP(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z28, Z29, Z21, Z26, 48)
	STEP(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z29, Z30, Z22, Z27, 52)
	STEP(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z30, Z31, Z23, Z28, 56)
	STEP(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z31, Z16, Z24, Z29, 60)
	ADDQ $64, BX
	DECQ DX
	JNZ  sixteen

	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z16, 0)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z17, 4)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z18, 8)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z19, 12)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z20, 16)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z21, 20)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z22, 24)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z23, 28)
	ROUND(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z24, 32)
	ROUND(Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z25, 36)
	ROUND(Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z5, Z26, 40)
	ROUND(Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z4, Z27, 44)
	ROUND(Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z3, Z28, 48)
	ROUND(Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z2, Z29, 52)
	ROUND(Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z1, Z30, 56)
	ROUND(Z1, Z2, Z3, Z4, Z5, Z6, Z7, Z0, Z31, 60)
	RET

// DIGESTS turns the states, so that each quarter of Z24 to Z27 is the first half
// of a digest, and of Z28 to Z31 the second.
#define DIGESTS                             \
	VBROADCASTI32X4 ·swap(SB), Z15      \
	VPSHUFB Z15, Z0, Z16                \
	VPSHUFB Z15, Z1, Z17                \
	VPSHUFB Z15, Z2, Z18                \
	VPSHUFB Z15, Z3, Z19                \
	VPSHUFB Z15, Z4, Z20                \
	VPSHUFB Z15, Z5, Z21                \
	VPSHUFB Z15, Z6, Z22                \
	VPSHUFB Z15, Z7, Z23                \
	PAIR(Z16, Z17, Z0, Z1)              \
	PAIR(Z18, Z19, Z2, Z3)              \
	QUAD(Z24, Z25, Z26, Z27)            \
	PAIR(Z20, Z21, Z0, Z1)              \
	PAIR(Z22, Z23, Z2, Z3)              \
	QUAD(Z28, Z29, Z30, Z31)

// ADD adds to the state from before the rounds, in lanes that had a block.
#define ADD(at, z, t)                 \
	VMOVDQU32 at(DI), t           \
	VPADDD    z, t, K5, t         \
	VMOVDQU32 t, at(DI)

// OUT writes the eight words of four lanes, a quarter of two registers each.
#define OUT(p, q, c, d)                        \
	MOVQ          p(R13), R8               \
	VEXTRACTI32X4 $q, c, (R8)              \
	VEXTRACTI32X4 $q, d, 16(R8)

// func sixteen(in *group, scratch *[2 * 8][width]uint32, most int, keyed bool)
//
// scratch holds the inner and the outer states; what the group holds is at the
// offsets of its fields: keys 0, at 128, tail 256, out 384, whole 512, blocks 576.
TEXT ·sixteen(SB), NOSPLIT, $0-25
	MOVQ in+0(FP), R12
	MOVQ scratch+8(FP), DI
	MOVQ most+16(FP), CX
	LEAQ 128(R12), SI
	LEAQ 384(R12), R13
	XORQ AX, AX

	// A key is sixteen words: the inner state, then the outer.
	VBROADCASTI32X4 ·stay(SB), Z15
	LOAD(R12)
	VMOVDQU32 Z16, 0(DI)
	VMOVDQU32 Z17, 64(DI)
	VMOVDQU32 Z18, 128(DI)
	VMOVDQU32 Z19, 192(DI)
	VMOVDQU32 Z20, 256(DI)
	VMOVDQU32 Z21, 320(DI)
	VMOVDQU32 Z22, 384(DI)
	VMOVDQU32 Z23, 448(DI)
	VMOVDQU32 Z24, 512(DI)
	VMOVDQU32 Z25, 576(DI)
	VMOVDQU32 Z26, 640(DI)
	VMOVDQU32 Z27, 704(DI)
	VMOVDQU32 Z28, 768(DI)
	VMOVDQU32 Z29, 832(DI)
	VMOVDQU32 Z30, 896(DI)
	VMOVDQU32 Z31, 960(DI)

	// R14 counts the blocks done; K5 is which lanes have this one.
	XORQ  R14, R14
	KXNORW K5, K5, K5

row:
	VBROADCASTI32X4 ·swap(SB), Z15
	LOAD(SI)

	// The next block follows, or is the first of the tail, or there is none: then
	// the lane reads this one again. It is done here, where the rounds hide it.
	CMPQ         CX, $1
	JEQ          last
	INCQ         R14
	VPBROADCASTD R14, Z0
	MOVQ         $64, R8
	VPBROADCASTQ R8, Z1
	VPCMPUD      $1, 576(R12), Z0, K2
	VPCMPUD      $0, 512(R12), Z0, K1
	KSHIFTRW     $8, K2, K4
	KSHIFTRW     $8, K1, K3
	VMOVDQU64    0(SI), Z2
	VMOVDQU64    64(SI), Z3
	VPADDQ       Z1, Z2, K2, Z2
	VPADDQ       Z1, Z3, K4, Z3
	VMOVDQU64    256(R12), K1, Z2
	VMOVDQU64    320(R12), K3, Z3
	VMOVDQU64    Z2, 0(SI)
	VMOVDQU64    Z3, 64(SI)

last:
	STATE(0)
	CALL rounds<>(SB)
	ADD(0, Z0, Z8)
	ADD(64, Z1, Z9)
	ADD(128, Z2, Z10)
	ADD(192, Z3, Z11)
	ADD(256, Z4, Z12)
	ADD(320, Z5, Z13)
	ADD(384, Z6, Z14)
	ADD(448, Z7, Z15)
	KMOVW K2, K5
	DECQ  CX
	JNZ   row

	STATE(0)
	CMPB keyed+24(FP), $0
	JEQ  write

	// The padding of 32 bytes after a block: 0x80, and 768 bits.
	VMOVDQA32    Z0, Z16
	VMOVDQA32    Z1, Z17
	VMOVDQA32    Z2, Z18
	VMOVDQA32    Z3, Z19
	VMOVDQA32    Z4, Z20
	VMOVDQA32    Z5, Z21
	VMOVDQA32    Z6, Z22
	VMOVDQA32    Z7, Z23
	MOVL         $0x80000000, R8
	VPBROADCASTD R8, Z24
	VPXORD       Z25, Z25, Z25
	VPXORD       Z26, Z26, Z26
	VPXORD       Z27, Z27, Z27
	VPXORD       Z28, Z28, Z28
	VPXORD       Z29, Z29, Z29
	VPXORD       Z30, Z30, Z30
	MOVL         $768, R8
	VPBROADCASTD R8, Z31
	STATE(512)
	CALL rounds<>(SB)
	SUM(512)

write:
	DIGESTS
	OUT(0, 0, Z24, Z28)
	OUT(8, 0, Z25, Z29)
	OUT(16, 0, Z26, Z30)
	OUT(24, 0, Z27, Z31)
	OUT(32, 1, Z24, Z28)
	OUT(40, 1, Z25, Z29)
	OUT(48, 1, Z26, Z30)
	OUT(56, 1, Z27, Z31)
	OUT(64, 2, Z24, Z28)
	OUT(72, 2, Z25, Z29)
	OUT(80, 2, Z26, Z30)
	OUT(88, 2, Z27, Z31)
	OUT(96, 3, Z24, Z28)
	OUT(104, 3, Z25, Z29)
	OUT(112, 3, Z26, Z30)
	OUT(120, 3, Z27, Z31)

	// Upper halves that are not clear make the SSE instructions of crypto/sha256
	// twenty times as slow.
	VZEROUPPER
	RET

// ROWS reads sixteen words of four lanes, which follow each other.
#define ROWS(p, c0, c1, c2, c3)       \
	VMOVDQU32 p+0(SI), Z4         \
	VMOVDQU32 p+64(SI), Z5        \
	VMOVDQU32 p+128(SI), Z6       \
	VMOVDQU32 p+192(SI), Z7       \
	VPSHUFB   Z15, Z4, Z4         \
	VPSHUFB   Z15, Z5, Z5         \
	VPSHUFB   Z15, Z6, Z6         \
	VPSHUFB   Z15, Z7, Z7         \
	PAIR(Z4, Z5, Z0, Z1)          \
	PAIR(Z6, Z7, Z2, Z3)          \
	QUAD(c0, c1, c2, c3)

// BEHIND makes w the last byte of the word before it and its own first three.
#define BEHIND(before, w)      \
	VPSLLD $24, before, Z0 \
	VPSRLD $8, w, w        \
	VPORD  Z0, w, w

// OUTS writes the digests of four lanes, which follow each other.
#define OUTS(p, q)                              \
	VEXTRACTI32X4 $q, Z24, p+0(R13)         \
	VEXTRACTI32X4 $q, Z28, p+16(R13)        \
	VEXTRACTI32X4 $q, Z25, p+32(R13)        \
	VEXTRACTI32X4 $q, Z29, p+48(R13)        \
	VEXTRACTI32X4 $q, Z26, p+64(R13)        \
	VEXTRACTI32X4 $q, Z30, p+80(R13)        \
	VEXTRACTI32X4 $q, Z27, p+96(R13)        \
	VEXTRACTI32X4 $q, Z31, p+112(R13)

// func pairs16(scratch *[2 * 8][width]uint32, in, out *byte)
//
// The message is a byte 0x01 and two digests: all its words move by a byte, and
// what is left over begins the second block.
TEXT ·pairs16(SB), NOSPLIT, $0-24
	MOVQ scratch+0(FP), DI
	MOVQ in+8(FP), SI
	MOVQ out+16(FP), R13

	VBROADCASTI32X4 ·swap(SB), Z15
	ROWS(0, Z16, Z17, Z18, Z19)
	ROWS(256, Z20, Z21, Z22, Z23)
	ROWS(512, Z24, Z25, Z26, Z27)
	ROWS(768, Z28, Z29, Z30, Z31)
	GATHER(Z16, Z20, Z24, Z28)
	GATHER(Z17, Z21, Z25, Z29)
	GATHER(Z18, Z22, Z26, Z30)
	GATHER(Z19, Z23, Z27, Z31)

	VPSLLD       $24, Z31, Z1
	MOVL         $0x00800000, R8
	VPBROADCASTD R8, Z2
	VPORD        Z2, Z1, Z1
	VMOVDQU32    Z1, 512(DI)
	BEHIND(Z30, Z31)
	BEHIND(Z29, Z30)
	BEHIND(Z28, Z29)
	BEHIND(Z27, Z28)
	BEHIND(Z26, Z27)
	BEHIND(Z25, Z26)
	BEHIND(Z24, Z25)
	BEHIND(Z23, Z24)
	BEHIND(Z22, Z23)
	BEHIND(Z21, Z22)
	BEHIND(Z20, Z21)
	BEHIND(Z19, Z20)
	BEHIND(Z18, Z19)
	BEHIND(Z17, Z18)
	BEHIND(Z16, Z17)
	VPSRLD       $8, Z16, Z16
	MOVL         $0x01000000, R8
	VPBROADCASTD R8, Z0
	VPORD        Z0, Z16, Z16

	VPBROADCASTD ·initial+0(SB), Z0
	VPBROADCASTD ·initial+4(SB), Z1
	VPBROADCASTD ·initial+8(SB), Z2
	VPBROADCASTD ·initial+12(SB), Z3
	VPBROADCASTD ·initial+16(SB), Z4
	VPBROADCASTD ·initial+20(SB), Z5
	VPBROADCASTD ·initial+24(SB), Z6
	VPBROADCASTD ·initial+28(SB), Z7
	CALL rounds<>(SB)
	VPADDD.BCST ·initial+0(SB), Z0, Z0
	VPADDD.BCST ·initial+4(SB), Z1, Z1
	VPADDD.BCST ·initial+8(SB), Z2, Z2
	VPADDD.BCST ·initial+12(SB), Z3, Z3
	VPADDD.BCST ·initial+16(SB), Z4, Z4
	VPADDD.BCST ·initial+20(SB), Z5, Z5
	VPADDD.BCST ·initial+24(SB), Z6, Z6
	VPADDD.BCST ·initial+28(SB), Z7, Z7
	VMOVDQU32 Z0, 0(DI)
	VMOVDQU32 Z1, 64(DI)
	VMOVDQU32 Z2, 128(DI)
	VMOVDQU32 Z3, 192(DI)
	VMOVDQU32 Z4, 256(DI)
	VMOVDQU32 Z5, 320(DI)
	VMOVDQU32 Z6, 384(DI)
	VMOVDQU32 Z7, 448(DI)

	// 65 bytes are 520 bits.
	VMOVDQU32    512(DI), Z16
	VPXORD       Z17, Z17, Z17
	VPXORD       Z18, Z18, Z18
	VPXORD       Z19, Z19, Z19
	VPXORD       Z20, Z20, Z20
	VPXORD       Z21, Z21, Z21
	VPXORD       Z22, Z22, Z22
	VPXORD       Z23, Z23, Z23
	VPXORD       Z24, Z24, Z24
	VPXORD       Z25, Z25, Z25
	VPXORD       Z26, Z26, Z26
	VPXORD       Z27, Z27, Z27
	VPXORD       Z28, Z28, Z28
	VPXORD       Z29, Z29, Z29
	VPXORD       Z30, Z30, Z30
	MOVL         $520, R8
	VPBROADCASTD R8, Z31
	CALL rounds<>(SB)
	SUM(0)
	DIGESTS
	OUTS(0, 0)
	OUTS(128, 1)
	OUTS(256, 2)
	OUTS(384, 3)
	VZEROUPPER
	RET
